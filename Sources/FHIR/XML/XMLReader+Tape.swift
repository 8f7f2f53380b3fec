// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// Writing the tape, names, and where a fault happened. Unsafe: see `XMLReader`.
extension XMLReader {
  /// The side buffer begins with this name.
  static let resourceType = Array("resourceType".utf8)
  /// More nodes than one start or end of an element ever appends (beside the moves in Groups, which reserve their own).
  static let nodesPerElement = 16

  /// The byte of the `<` of the tag met last.
  @inline(__always)
  var tagOffset: Int { unsafe Int(event.pointee.offset) }

  /// The byte after what was met last.
  @inline(__always)
  var endOffset: Int { unsafe Int(event.pointee.end) }

  /// Makes room for nodes to append.
  @inline(__always)
  mutating func reserve(_ count: Int) throws(FHIRError) {
    let needed = unsafe Int(tape.node_count) + count
    guard unsafe needed - Self.nodesPerElement <= limits.nodes else { throw unsafe refusal(.tooManyValues) }
    if unsafe needed > Int(tape.node_capacity) { try unsafe grow(needed) }
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func grow(_ needed: Int) throws(FHIRError) {
    let capacity = unsafe max(needed, Int(tape.node_capacity) * 2)
    guard unsafe capacity < Int(Int32.max) && vigil_tape_reserve_nodes(&tape, UInt32(capacity)) else {
      throw unsafe refusal(.outOfMemory)
    }
  }

  /// Appends a node without children, for which room was made.
  @inline(__always)
  mutating func append(_ node: vigil_node) {
    let index = unsafe tape.node_count
    unsafe tape.nodes[Int(index)] = node
    unsafe tape.nodes[Int(index)].next = index + 1
    unsafe tape.node_count = index + 1
  }

  /// A node whose text is in the input; `name` is the number of the member's name, or -1.
  @inline(__always)
  mutating func node(
    _ kind: vigil_kind, start: Int, length: Int, source: Int, name: Int32
  ) throws(FHIRError) -> vigil_node {
    var node = vigil_node()
    node.start = UInt32(truncatingIfNeeded: start)
    node.length = UInt32(truncatingIfNeeded: length)
    node.source = UInt32(truncatingIfNeeded: source)
    node.kind = UInt8(truncatingIfNeeded: kind.rawValue)
    if name >= 0 {
      node.name_start = try unsafe nameStart(name)
      node.name_length = unsafe names[Int(name)].length
      node.flags = UInt8(truncatingIfNeeded: VIGIL_NAME_IN_SIDE.rawValue)
    }
    return node
  }

  /// Appends the null of an array's entry.
  mutating func appendNull(source: Int) throws(FHIRError) {
    unsafe append(try node(VIGIL_NULL, start: 0, length: 0, source: source, name: -1))
  }

  /// Begins an object or array and goes one deeper; its index.
  @inline(__always)
  mutating func openContainer(_ kind: vigil_kind, name: Int32, source: Int) throws(FHIRError) -> Int32 {
    guard unsafe depth < limits.depth else { throw FHIRError(.tooDeep, offset: source) }
    unsafe depth += 1
    let index = unsafe Int32(tape.node_count)
    unsafe append(try node(kind, start: source, length: 0, source: source, name: name))
    unsafe tape.nodes[Int(index)].next = .max  // open: everything that follows is inside
    return index
  }

  /// Appends bytes to the side buffer.
  mutating func appendSide(_ bytes: some Collection<UInt8>) throws(FHIRError) {
    let needed = unsafe Int(tape.side_count) + bytes.count
    if unsafe needed > Int(tape.side_capacity) {
      let capacity = unsafe max(needed, Int(tape.side_capacity) * 2, 1024)
      guard unsafe capacity < Int(UInt32.max) && vigil_tape_reserve_side(&tape, UInt32(capacity)) else {
        throw unsafe refusal(.outOfMemory)
      }
    }
    var place = unsafe tape.side + Int(tape.side_count)
    for byte in bytes {
      unsafe place.pointee = byte
      unsafe place += 1
    }
    unsafe tape.side_count = UInt32(needed)
  }

  /// Where the name stands in the side buffer, after an underscore; written there when it is first needed.
  @inline(__always)
  mutating func nameStart(_ name: Int32) throws(FHIRError) -> UInt32 {
    let start = unsafe names[Int(name)].start
    return start != 0 ? start : try unsafe writeName(name, Array(table.names[Int(name)].utf8))
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func writeName(_ name: Int32, _ text: [UInt8]) throws(FHIRError) -> UInt32 {
    let start = unsafe tape.side_count + 1
    try unsafe appendSide([UInt8(ascii: "_")] + text)
    unsafe names[Int(name)] = Name(start: start, length: UInt16(text.count))
    return start
  }

  /// What the table says of the element met, a child of an object of the type.
  @inline(__always)
  mutating func entry(of type: Int32) throws(FHIRError) -> ElementTable.Entry {
    if let found = unsafe table.entry(of: type, name: event.pointee.name.number) { return found }
    return try unsafe unknownElement(type)
  }

  /// What is said of an element that the table does not give to the type: it has a number, and nothing else is known.
  @inline(never)  // rare; keeps the common path short
  private mutating func unknownElement(_ type: Int32) throws(FHIRError) -> ElementTable.Entry {
    let name = unsafe event.pointee.name
    guard unsafe Int(name.length) <= min(limits.stringBytes, Int(UInt16.max)) else {
      throw unsafe refusal(.nameTooLong)
    }
    let number = try unsafe name.number >= 0 ? name.number : number(of: name)
    if unsafe remarked.count < Self.mostRemarks,
      unsafe remarked.insert(UInt64(UInt32(type)) << 32 | UInt64(UInt32(number))).inserted
    {
      unsafe remark(.unknownElement)
    }
    let element = unsafe ElementTable.Element(
      name: number, type: table.elementType, repeats: false, isAttribute: false, form: .complex)
    return ElementTable.Entry(owner: type, index: -1, element: element)
  }

  /// The number of a name that the table does not have.
  private mutating func number(of name: vigil_xml_name) throws(FHIRError) -> Int32 {
    let text = unsafe TextSlice(name.bytes)
    if let known = unsafe unknownNames[text] { return known }
    let number = unsafe Int32(names.count)
    unsafe unknownNames[text] = number
    unsafe names.append(Name())
    _ = try unsafe writeName(number, Array(name.bytes))
    return number
  }

  /// A fault at the tag.
  func refusal(_ code: FHIRError.Code) -> FHIRError { unsafe FHIRError(code, offset: tagOffset) }

  /// A fault of a member that has no node yet, leaving one for the path.
  @inline(never)  // rare; keeps the common path short
  mutating func refusal(_ code: FHIRError.Code, at offset: Int? = nil, of member: Int32) -> FHIRError {
    let offset = unsafe offset ?? tagOffset
    let place = unsafe tape.node_count
    guard let node = try? unsafe node(VIGIL_NULL, start: 0, length: 0, source: offset, name: member) else {
      return FHIRError(code, offset: offset)
    }
    unsafe append(node)
    unsafe faultNode = place
    return FHIRError(code, offset: offset)
  }

  private static let mostRemarks = 100

  /// Notes something recoverable at the tag. Only the first of each kind are kept: they inform, and must not fill memory.
  @inline(never)  // rare; keeps the common path short
  mutating func remark(_ kind: XMLRemark.Kind) {
    guard unsafe remarks.count(where: { $0.kind == kind }) < Self.mostRemarks else { return }
    unsafe remarks.append(XMLRemark(kind: kind, offset: tagOffset))
  }
}
