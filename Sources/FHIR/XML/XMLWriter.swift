// SPDX-License-Identifier: Apache-2.0

/// FHIR XML of a document (R4 xml.html): elements in the order of the schema, whatever the order of the members.
/// What XML could not give back when read again is refused, never dropped.
struct XMLWriter {
  private let table = ElementTable.r4Table
  private var output: [UInt8] = []

  /// The XML of a resource, with declaration, in UTF-8.
  static func write(_ resource: Node) throws(FHIRError) -> [UInt8] {
    var writer = XMLWriter()
    writer.output = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
    try writer.resource(resource, isRoot: true)
    writer.output.append(UInt8(ascii: "\n"))
    return writer.output
  }

  /// A member with its `_name`, by the element's index in the table.
  private struct Member {
    let element: Int32
    var value: Node?
    var beside: Node?
  }

  private mutating func resource(_ node: Node, isRoot: Bool) throws(FHIRError) {
    guard node.kind == .object, let name = node.resourceType else { throw node.refusal(.notAResource) }
    guard let type = table.resource(named: name) else { throw node.refusal(.unknownElement) }
    output += "<\(name)".utf8
    if isRoot { output += " xmlns=\"http://hl7.org/fhir\"".utf8 }
    try content(of: node, type, name: name, isResource: true)
  }

  /// Attributes, content and end of an element whose start tag is open.
  private mutating func content(of node: Node, _ type: Int32, name: String, isResource: Bool = false) throws(FHIRError)
  {
    let members = try members(of: node, type, isResource: isResource)
    var isOpen = true
    for member in members {
      let element = table.elements[Int(member.element)]
      let name = table.names[Int(element.name)]
      if element.isAttribute {
        guard let value = member.value, member.beside == nil else { throw node.refusal(.wrongShape) }
        try attribute(name, value, .string)
        continue
      }
      if isOpen { output.append(UInt8(ascii: ">")) }
      isOpen = false
      try write(member, element, name, in: node)
    }
    output += isOpen ? "/>".utf8.map { $0 } : "</\(name)>".utf8.map { $0 }
  }

  /// The members in schema order, each with its `_name`.
  private func members(of node: Node, _ type: Int32, isResource: Bool) throws(FHIRError) -> [Member] {
    var members: [Member] = []
    for child in node.children {
      guard var name = child.name else { continue }
      if isResource && name == "resourceType" { continue }
      let isBeside = name.first == "_"
      if isBeside { name.removeFirst() }
      guard let element = table.element(of: type, named: name) else { throw child.refusal(.unknownElement) }
      let place = members.firstIndex { $0.element == element } ?? members.count
      if place == members.count { members.append(Member(element: element)) }
      if isBeside { members[place].beside = child } else { members[place].value = child }
    }
    return members.sorted { $0.element < $1.element }
  }

  private mutating func write(
    _ member: Member, _ element: ElementTable.Element, _ name: String, in parent: Node
  ) throws(FHIRError) {
    guard element.repeats else { return try entry(member.value, member.beside, element, name, in: parent) }
    let values = try member.value?.entries() ?? []
    let besides = try member.beside?.entries() ?? []
    guard member.value == nil || member.beside == nil || values.count == besides.count else {
      throw parent.refusal(.wrongShape)
    }
    // Reading leaves out an array of nulls alone.
    for array in [values, besides] where !array.isEmpty && array.allSatisfy({ $0.kind == .null }) {
      throw parent.refusal(.emptyValue)
    }
    for index in 0..<max(values.count, besides.count) {
      let value = values.isEmpty ? nil : values[index]
      let beside = besides.isEmpty ? nil : besides[index]
      let isEmpty = value?.kind == .null && element.form.isPrimitive
      try entry(isEmpty ? nil : value, beside?.kind == .null ? nil : beside, element, name, in: parent)
    }
  }

  /// One element.
  private mutating func entry(
    _ value: Node?, _ beside: Node?, _ element: ElementTable.Element, _ name: String, in parent: Node
  ) throws(FHIRError) {
    guard value != nil || beside != nil else { throw parent.refusal(.emptyValue) }
    if element.form == .xhtml { return try narrative(value, beside, in: parent) }
    output += "<\(name)".utf8
    if element.form.isPrimitive {
      if let value { try attribute("value", value, element.form) }
      guard let beside else {
        output += "/>".utf8
        return
      }
      guard beside.kind == .object else { throw beside.refusal(.wrongShape) }
      guard beside.count > 0 else { throw beside.refusal(.emptyValue) }
      return try content(of: beside, table.elementType, name: name)
    }
    guard beside == nil, let value, value.kind == .object else { throw (value ?? parent).refusal(.wrongShape) }
    guard element.form == .resource else { return try content(of: value, element.type, name: name) }
    output.append(UInt8(ascii: ">"))
    try resource(value, isRoot: false)
    output += "</\(name)>".utf8
  }

  private mutating func attribute(_ name: String, _ value: Node, _ form: ElementTable.Form) throws(FHIRError) {
    let kind: Node.Kind = form == .number ? .number : form == .boolean ? .boolean : .string
    guard value.kind == kind, let text = value.text else { throw value.refusal(.wrongShape) }
    try value.check(text)
    output += " \(name)=\"".utf8
    XMLText.escape(text.utf8, inAttribute: true, into: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// The narrative is XML already; it goes out as it came in when it is one XHTML element by itself.
  private mutating func narrative(_ value: Node?, _ beside: Node?, in parent: Node) throws(FHIRError) {
    guard let value, value.kind == .string, beside == nil, let text = value.text else {
      throw (value ?? parent).refusal(.wrongShape)
    }
    try value.check(text)
    var copy = text
    let canonical = copy.withUTF8 { unsafe CanonicalXML.canonical($0) }
    guard text.utf8.first == UInt8(ascii: "<"), !text.hasPrefix("<?"),
      canonical?.starts(with: "<{http://www.w3.org/1999/xhtml}div".utf8) == true
    else { throw value.refusal(.badNarrative) }
    output += text.utf8
  }
}

extension Node {
  fileprivate func refusal(_ code: FHIRError.Code) -> FHIRError { FHIRError(code, offset: offset, path: path) }

  /// The entries of an array that is not empty.
  fileprivate func entries() throws(FHIRError) -> [Node] {
    guard kind == .array else { throw refusal(.wrongShape) }
    guard count > 0 else { throw refusal(.emptyValue) }
    return Array(children)
  }

  /// Refuses text with characters that XML 1.0 cannot hold.
  fileprivate func check(_ text: String) throws(FHIRError) {
    var copy = text
    guard copy.withUTF8({ unsafe XMLText.firstForbidden($0) }) == nil else { throw refusal(.forbiddenCharacter) }
  }
}
