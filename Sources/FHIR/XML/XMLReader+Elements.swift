// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// Elements: where each start and end goes. Unsafe: see `XMLReader`.
extension XMLReader {
  mutating func start(isEmpty: Bool) throws(FHIRError) {
    try unsafe reserve(Self.nodesPerElement)
    if unsafe event.pointee.declaration_count > 0 { unsafe noteNamespaces() }
    let top = unsafe frames.count - 1
    switch unsafe frames[top].kind {
    case .object: try unsafe startMember(top, isEmpty)
    case .primitive:
      if unsafe frames[top].object < 0 { try unsafe openBeside(top) }
      try unsafe startMember(top, isEmpty)
    case .document: try unsafe startResource(isEmpty)
    case .resource:
      guard unsafe !frames[top].isFilled else { throw unsafe refusal(.unexpectedElement) }
      unsafe frames[top].isFilled = true
      try unsafe startResource(isEmpty)
    }
  }

  mutating func end() throws(FHIRError) {
    let top = unsafe frames.count - 1
    let frame = unsafe frames[top]
    switch frame.kind {
    case .primitive where !frame.isFilled && frame.object < 0, .resource where !frame.isFilled:
      throw unsafe FHIRError(.emptyElement, offset: endOffset)
    default: break
    }
    if frame.object >= 0 {
      try unsafe closeGroup(top)
      unsafe tape.nodes[Int(frame.object)].next = tape.node_count
      unsafe depth -= 1
    }
    unsafe frames.removeLast()
    if unsafe frames.count == 1 && tape.node_count > limits.nodes {
      throw unsafe FHIRError(.tooManyValues, offset: endOffset)
    }
  }

  /// Character data outside the narrative: white space, or a fault.
  @inline(never)  // rare; keeps the common path short
  mutating func text() throws(FHIRError) {
    let text = unsafe event.pointee.characters
    guard let place = unsafe text.firstIndex(where: { $0 > 0x20 }) else { return }
    // The text of a reference or with line ends normalised is not that of the input, byte by byte.
    let isAsWritten = unsafe text.count == Int(event.pointee.end - event.pointee.offset)
    throw unsafe FHIRError(.textBetweenElements, offset: tagOffset + (isAsWritten ? place : 0))
  }

  /// The root, or the one child of a resource element: its name is the resource's type (R4 json.html#resources).
  @inline(never)  // rare; keeps the common path short
  private mutating func startResource(_ isEmpty: Bool) throws(FHIRError) {
    let offset = unsafe tagOffset
    let name = unsafe event.pointee.name
    guard unsafe name.isIn(VIGIL_XML_FHIR) else { throw unsafe refusal(.badNamespace) }
    guard unsafe Int(name.length) <= limits.stringBytes else { throw unsafe refusal(.stringTooLong) }
    let type = unsafe table.resource(named: String(decoding: name.bytes, as: UTF8.self))
    if type == nil { unsafe remark(.unknownResource) }
    for index in unsafe 0..<event.pointee.attribute_count {
      // Says where a validator finds the schema, and nothing about the patient.
      guard unsafe event.pointee.attribute(index).name.isIn(VIGIL_XML_SCHEMA_INSTANCE) else {
        throw unsafe refusal(.unknownAttribute)
      }
    }
    let wrapper = unsafe frames[frames.count - 1]
    let object = try unsafe openContainer(VIGIL_OBJECT, name: wrapper.name, source: offset)
    let known = unsafe type ?? table.type(named: "DomainResource") ?? table.elementType
    unsafe frames.append(Frame(kind: .object, object: object, type: known))
    // The tag's own name, a slice of the input, is the text of the type.
    var text = try unsafe node(
      VIGIL_STRING, start: name.start - input, length: Int(name.length), source: offset, name: -1)
    text.name_length = unsafe UInt16(Self.resourceType.count)
    text.flags = UInt8(VIGIL_NAME_IN_SIDE.rawValue)
    unsafe append(text)
    unsafe tape.nodes[Int(object)].length = 1
    if isEmpty { try unsafe end() }
  }

  /// A child of an object: the next entry of the group of its name, or the start of a new group.
  @inline(__always)
  private mutating func startMember(_ top: Int, _ isEmpty: Bool) throws(FHIRError) {
    let found = try unsafe entry(of: frames[top].type)
    let element = found.element
    guard unsafe event.pointee.name.isIn(element.form == .xhtml ? VIGIL_XML_XHTML : VIGIL_XML_FHIR) else {
      throw unsafe refusal(.badNamespace)
    }
    if element.isAttribute { throw unsafe refusal(.unexpectedElement) }
    var form = element.form
    if found.index < 0 {
      guard unsafe isPossible(in: frames[top]) else { throw unsafe refusal(.unexpectedElement) }
      // R5, R4B and local elements: kept, read by what they look like, all of a group like its first.
      let isPrimitive =
        unsafe frames[top].groupName == element.name
        ? frames[top].isPrimitive
        : (0..<event.pointee.attribute_count).contains { unsafe event.pointee.attribute($0).name.number == valueName }
      form = isPrimitive ? .string : .complex
    }
    try unsafe enterGroup(top, element.name, found.index, repeats: element.repeats, form: form)
    let memberName = unsafe frames[top].isArray ? -1 : element.name
    switch form {
    case .string, .number, .boolean: try unsafe startPrimitive(form, memberName, isEmpty)
    case .resource:
      guard unsafe event.pointee.attribute_count == 0 else { throw unsafe refusal(.unknownAttribute, of: memberName) }
      unsafe frames.append(Frame(kind: .resource, object: -1, type: table.elementType, name: memberName))
      if isEmpty { try unsafe end() }
    case .xhtml: try unsafe readNarrative(memberName, isEmpty)
    case .complex: try unsafe startComplex(element.type, memberName, isEmpty)
    }
  }

  /// Whether an unknown element can be a JSON member: `_name` and a resource's `resourceType` are taken.
  @inline(never)  // rare; keeps the common path short
  private func isPossible(in frame: Frame) -> Bool {
    let name = unsafe event.pointee.name.bytes
    if unsafe name.first == UInt8(ascii: "_") { return false }
    let first = unsafe tape.nodes + Int(frame.object) + 1
    guard unsafe tape.nodes[Int(frame.object)].length > 0,
      unsafe first.pointee.name_start == 0 && Int(first.pointee.name_length) == Self.resourceType.count
    else { return true }
    return unsafe !name.elementsEqual(Self.resourceType)
  }

  private mutating func startComplex(_ type: Int32, _ name: Int32, _ isEmpty: Bool) throws(FHIRError) {
    let object = try unsafe openContainer(VIGIL_OBJECT, name: name, source: tagOffset)
    unsafe frames.append(Frame(kind: .object, object: object, type: type))
    for index in unsafe 0..<event.pointee.attribute_count {
      let attribute = unsafe event.pointee.attribute(index)
      guard unsafe isPlain(attribute.name), let found = unsafe table.entry(of: type, name: attribute.name.number),
        found.element.isAttribute
      else { throw unsafe refusal(.unknownAttribute) }
      try unsafe appendAttribute(attribute, name: found.element.name, object: object)
    }
    if isEmpty { try unsafe end() }
  }

  /// An attribute as a string member of the object just begun.
  mutating func appendAttribute(_ attribute: vigil_xml_attribute, name: Int32, object: Int32) throws(FHIRError) {
    // Only xml:id beside id can meet twice.
    for node in unsafe Int(object) + 1..<Int(tape.node_count)
    where unsafe names[Int(name)].start != 0 && tape.nodes[node].name_start == names[Int(name)].start {
      throw unsafe refusal(.repeatedElement)
    }
    try unsafe appendText(attribute, kind: VIGIL_STRING, name: name)
    unsafe tape.nodes[Int(object)].length += 1
  }

  /// Whether an attribute is one of FHIR's (no namespace) or `xml:id`, which older writers use for `id`.
  @inline(__always)
  func isPlain(_ name: vigil_xml_name) -> Bool {
    unsafe name.prefix_length == 0 || (name.isIn(VIGIL_XML_XML) && name.number == idName)
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func noteNamespaces() {
    for index in unsafe 0..<Int(event.pointee.declaration_count) {
      let declared = unsafe event.pointee.declarations[index]
      if unsafe declared.prefix_length > 0 && declared.space == UInt16(VIGIL_XML_XHTML.rawValue) {
        unsafe hasOuterPrefix = true
      }
    }
  }
}
