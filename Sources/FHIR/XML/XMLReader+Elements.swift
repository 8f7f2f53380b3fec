// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2
internal import CSimdjson

/// Elements: where each start and end goes. Unsafe: see `XMLReader`.
extension XMLReader {
  mutating func start(_ start: XMLStart) {
    if unsafe narrativeDepth > 0 { return unsafe startInNarrative(start) }
    guard unsafe reserve(Self.nodesPerElement) else { return }
    guard unsafe !frames.isFull else { return unsafe refuse(.tooDeep, at: tagOffset()) }
    if unsafe start.namespaceCount > 0 { unsafe noteNamespaces(start) }
    let top = unsafe frames.count - 1
    switch unsafe frames[top].kind {
    case .document: unsafe startResource(start)
    case .resource:
      guard unsafe !frames[top].isFilled else {
        return unsafe refuse(.unexpectedElement, at: tagOffset())
      }
      unsafe frames[top].isFilled = true
      unsafe startResource(start)
    case .object: unsafe startMember(start)
    case .primitive:
      guard unsafe frames[top].object >= 0 || openBeside(top) else { return }
      unsafe startMember(start)
    case .narrative: break
    }
  }

  mutating func end(_ name: UnsafePointer<UInt8>, _ prefix: UnsafePointer<UInt8>?) {
    if unsafe narrativeDepth > 0 { return unsafe endInNarrative(name) }
    let top = unsafe frames.count - 1
    let frame = unsafe frames[top]
    switch frame.kind {
    case .primitive where !frame.isFilled && frame.object < 0, .resource where !frame.isFilled:
      return unsafe refuse(.emptyElement, at: offset)
    default: break
    }
    if frame.object >= 0 {
      guard unsafe closeGroup(top) else { return }
      unsafe tape.nodes[Int(frame.object)].next = tape.node_count
      unsafe depth -= 1
    }
    unsafe frames.removeLast()
    if unsafe frames.count == 1 && tape.node_count > limits.nodes { unsafe refuse(.tooManyValues, at: offset) }
  }

  /// The root, or the one child of a resource element: its name is the resource's type (R4 json.html#resources).
  @inline(never)  // rare; keeps the common path short
  private mutating func startResource(_ start: XMLStart) {
    let offset = unsafe tagOffset()
    guard unsafe start.uri == interned.fhir else { return unsafe refuse(.badNamespace, at: offset) }
    let nameLength = unsafe Self.length(start.name)
    let name = unsafe String(decoding: UnsafeBufferPointer(start: start.name, count: nameLength), as: UTF8.self)
    let type = unsafe table.resource(named: name)
    if type == nil { unsafe remark(.unknownResource, offset) }
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      // Says where a validator finds the schema, and nothing about the patient.
      guard unsafe attribute.uri == interned.schemaInstance else {
        return unsafe refuse(.unknownAttribute, at: offset)
      }
    }
    let wrapper = unsafe frames[frames.count - 1]
    guard let object = unsafe openContainer(VIGIL_OBJECT, name: wrapper.name, source: offset) else { return }
    let known = unsafe type ?? table.type(named: "DomainResource") ?? table.elementType
    unsafe frames.append(Frame(kind: .object, object: object, type: known))
    let prefixLength = unsafe start.prefix.map { unsafe Self.length($0) + 1 } ?? 0
    // The tag's own name, a slice of the input, is the text of the type.
    var text = unsafe node(VIGIL_STRING, start: offset + 1 + prefixLength, length: nameLength, source: offset, name: -1)
    text.name_length = unsafe UInt16(Self.resourceType.count)
    text.flags = UInt8(VIGIL_NAME_IN_SIDE.rawValue)
    unsafe append(text)
    unsafe tape.nodes[Int(object)].length = 1
  }

  /// A child of an object: the next entry of the group of its name, or the start of a new group.
  private mutating func startMember(_ start: XMLStart) {
    let top = unsafe frames.count - 1
    let type = unsafe frames[top].type
    let found = unsafe lookUp(type, start.name)
    let element = found.element
    guard unsafe start.uri == (element.form == .xhtml ? interned.xhtml : interned.fhir) else {
      return unsafe refuse(.badNamespace, at: tagOffset())
    }
    if element.isAttribute { return unsafe refuse(.unexpectedElement, at: tagOffset()) }
    var form = element.form
    if !found.isKnown {
      guard unsafe isPossible(start.name, in: frames[top]) else {
        return unsafe refuse(.unexpectedElement, at: tagOffset())
      }
      // R5, R4B and local elements: kept, read by what they look like.
      let isValued = unsafe (0..<start.attributeCount).contains { unsafe start.attribute($0).name == interned.value }
      let isPrimitive = unsafe frames[top].groupName == element.name && frames[top].isPrimitive
      form = isValued || isPrimitive ? .string : .complex
    }
    guard unsafe enterGroup(top, element.name, found.index, repeats: element.repeats, form: form) else { return }
    let memberName = unsafe frames[top].isArray ? -1 : element.name
    switch form {
    case .string, .number, .boolean: unsafe startPrimitive(start, form, memberName)
    case .resource:
      guard unsafe start.attributeCount == 0 else {
        return unsafe refuse(.unknownAttribute, at: tagOffset(), member: memberName)
      }
      unsafe frames.append(Frame(kind: .resource, object: -1, type: type, name: memberName))
    case .xhtml: unsafe startNarrative(start, memberName)
    case .complex: unsafe startComplex(start, element.type, memberName)
    }
  }

  /// Whether an unknown element can be a JSON member: `_name` and a resource's `resourceType` are taken.
  @inline(never)  // rare; keeps the common path short
  private func isPossible(_ name: UnsafePointer<UInt8>, in frame: Frame) -> Bool {
    if unsafe name.pointee == UInt8(ascii: "_") { return false }
    let first = unsafe tape.nodes + Int(frame.object) + 1
    guard unsafe tape.nodes[Int(frame.object)].length > 0,
      unsafe first.pointee.name_start == 0 && Int(first.pointee.name_length) == Self.resourceType.count
    else { return true }
    return unsafe !UnsafeBufferPointer(start: name, count: Self.length(name)).elementsEqual(Self.resourceType)
  }

  private mutating func startComplex(_ start: XMLStart, _ type: Int32, _ name: Int32) {
    guard let object = unsafe openContainer(VIGIL_OBJECT, name: name, source: tagOffset()) else { return }
    unsafe frames.append(Frame(kind: .object, object: object, type: type))
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      guard unsafe isPlain(attribute) else {
        return unsafe refuse(.unknownAttribute, at: tagOffset())
      }
      let found = unsafe lookUp(type, attribute.name)
      guard found.element.isAttribute else {
        return unsafe refuse(.unknownAttribute, at: tagOffset())
      }
      guard unsafe appendAttribute(attribute, name: found.element.name, object: object) else { return }
    }
  }

  /// An attribute as a string member of the object just begun.
  mutating func appendAttribute(
    _ attribute: XMLAttribute, name: Int32, object: Int32
  ) -> Bool {
    let written = unsafe tape.nodes[Int(object)].length
    // Only xml:id beside id can meet twice.
    if written > 0, unsafe tape.nodes[Int(object) + 1].name_start == names[Int(name)].start,
      unsafe names[Int(name)].start != 0
    {
      unsafe refuse(.repeatedElement, at: tagOffset())
      return false
    }
    guard unsafe appendText(attribute.value, kind: VIGIL_STRING, name: name) else { return false }
    unsafe tape.nodes[Int(object)].length = written + 1
    return true
  }

  /// Whether an attribute is one of FHIR's (no namespace) or `xml:id`, which older writers use for `id`.
  @inline(__always)
  func isPlain(_ attribute: XMLAttribute) -> Bool {
    unsafe attribute.prefix == nil || (attribute.prefix == interned.xml && attribute.name == interned.id)
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func noteNamespaces(_ start: XMLStart) {
    guard let namespaces = unsafe start.namespaces else { return }
    for index in unsafe 0..<start.namespaceCount
    where unsafe namespaces[2 * index] != nil && namespaces[2 * index + 1] == interned.xhtml {
      unsafe hasOuterPrefix = true
    }
  }

  mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
    if unsafe narrativeDepth > 0 {
      unsafe rewrites?.text(text)
      return
    }
    // libxml2 lets no control but tab, LF and CR through.
    if unsafe text.contains(where: { $0 > 0x20 }) { unsafe refuse(.textBetweenElements, at: offset) }
  }

  mutating func cdata(_ text: UnsafeBufferPointer<UInt8>) {
    guard unsafe narrativeDepth > 0 else { return unsafe refuse(.cdataSection, at: offset) }
    unsafe rewrites?.text(text)
  }
}
