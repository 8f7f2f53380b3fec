// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2
internal import CSimdjson

/// Writing the tape, names, and where a fault happened. Unsafe: see `XMLReader`.
extension XMLReader {
  /// The side buffer begins with this name.
  static let resourceType = Array("resourceType".utf8)
  /// More nodes than one start or end of an element ever appends (beside the moves in Groups, which reserve their own).
  static let nodesPerElement = 16

  /// Makes room for nodes to append.
  @inline(__always)
  mutating func reserve(_ count: Int) -> Bool {
    let needed = unsafe Int(tape.node_count) + count
    guard unsafe needed - Self.nodesPerElement <= limits.nodes else {
      unsafe refuse(.tooManyValues, at: offset)
      return false
    }
    if unsafe needed <= Int(tape.node_capacity) { return true }
    let capacity = unsafe max(needed, Int(tape.node_capacity) * 2)
    if unsafe capacity < Int(Int32.max) && vigil_tape_reserve_nodes(&tape, UInt32(capacity)) { return true }
    unsafe refuse(.outOfMemory, at: offset)
    return false
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
  mutating func node(_ kind: vigil_kind, start: Int, length: Int, source: Int, name: Int32) -> vigil_node {
    var node = vigil_node()
    node.start = UInt32(truncatingIfNeeded: start)
    node.length = UInt32(truncatingIfNeeded: length)
    node.source = UInt32(truncatingIfNeeded: source)
    node.kind = UInt8(truncatingIfNeeded: kind.rawValue)
    if name >= 0 {
      node.name_start = unsafe nameStart(name)
      node.name_length = unsafe names[Int(name)].length
      node.flags = UInt8(truncatingIfNeeded: VIGIL_NAME_IN_SIDE.rawValue)
    }
    return node
  }

  /// Begins an object or array and goes one deeper; its index, or nil when that is too deep.
  @inline(__always)
  mutating func openContainer(_ kind: vigil_kind, name: Int32, source: Int) -> Int32? {
    unsafe depth += 1
    guard unsafe depth <= limits.depth else {
      unsafe refuse(.tooDeep, at: source)
      return nil
    }
    let index = unsafe Int32(tape.node_count)
    unsafe append(node(kind, start: source, length: 0, source: source, name: name))
    unsafe tape.nodes[Int(index)].next = .max  // open: everything that follows is inside
    return index
  }

  /// Appends bytes to the side buffer; false when memory is out.
  mutating func appendSide(_ bytes: some Sequence<UInt8>, count: Int) -> Bool {
    let needed = unsafe Int(tape.side_count) + count
    if unsafe needed > Int(tape.side_capacity) {
      let capacity = unsafe max(needed, Int(tape.side_capacity) * 2, 1024)
      guard unsafe capacity < Int(UInt32.max) && vigil_tape_reserve_side(&tape, UInt32(capacity)) else { return false }
    }
    var place = unsafe tape.side + Int(tape.side_count)
    for byte in bytes {
      unsafe place.pointee = byte
      unsafe place += 1
    }
    unsafe tape.side_count = UInt32(needed)
    return true
  }

  mutating func appendSide(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { unsafe appendSide(bytes, count: bytes.count) }
  mutating func appendSide(_ bytes: [UInt8]) -> Bool { unsafe appendSide(bytes, count: bytes.count) }

  /// Where the name stands in the side buffer, after an underscore; written there when it is first needed.
  @inline(__always)
  mutating func nameStart(_ name: Int32) -> UInt32 {
    let start = unsafe names[Int(name)].start
    return start != 0 ? start : unsafe writeName(name)
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func writeName(_ name: Int32) -> UInt32 {
    let text = unsafe Array(table.names[Int(name)].utf8)
    return unsafe writeName(name, text)
  }

  private mutating func writeName(_ name: Int32, _ text: [UInt8]) -> UInt32 {
    let start = unsafe tape.side_count + 1
    guard unsafe appendSide([UInt8(ascii: "_")] + text) else {
      unsafe refuse(.outOfMemory, at: offset)
      return 1
    }
    unsafe names[Int(name)] = Name(start: start, length: UInt16(truncatingIfNeeded: text.count))
    return start
  }

  /// What the table says of a type's element. A name the type does not have is an element of its own, about which
  /// nothing else is known.
  @inline(__always)
  mutating func lookUp(_ type: Int32, _ name: UnsafePointer<UInt8>) -> NameCache.Answer {
    if let found = unsafe cache.find(name, type) { return found }
    return unsafe lookUpSlowly(type, name)
  }

  @inline(never)  // rare; keeps the common path short
  private mutating func lookUpSlowly(_ type: Int32, _ name: UnsafePointer<UInt8>) -> NameCache.Answer {
    let bytes = unsafe UnsafeBufferPointer(start: name, count: Self.length(name))
    let inTable = unsafe table.name(bytes)
    if let inTable, let index = unsafe table.element(of: type, name: inTable) {
      return unsafe cache.insert(name, type, index: index, element: table.elements[Int(index)])
    }
    unsafe remark(.unknownElement, tagOffset())
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    let number: Int32
    if let known = unsafe inTable ?? unknownNames[text] {
      number = known
    } else {
      number = unsafe Int32(names.count)
      unsafe unknownNames[text] = number
      unsafe names.append(Name())
      _ = unsafe writeName(number, Array(text.utf8))
    }
    let element = unsafe ElementTable.Element(
      name: number, type: table.elementType, repeats: false, isAttribute: false, form: .complex)
    return unsafe cache.insert(name, type, index: -1, element: element)
  }

  static func length(_ text: UnsafePointer<UInt8>) -> Int {
    var length = 0
    while unsafe text[length] != 0 { length += 1 }
    return length
  }

  /// The byte where the parser stands.
  var offset: Int { unsafe XMLSource.offset(parser.unsafelyUnwrapped) }

  /// Records the first fault and stops the parser.
  @inline(never)  // rare; keeps the common path short
  func refuse(_ fault: FHIRError.Code, at offset: Int) {
    unsafe XMLSource.refuse(parser.unsafelyUnwrapped, fault, at: offset)
  }

  /// Refuses a primitive that has no node yet, leaving one for the path.
  @inline(never)  // rare; keeps the common path short
  mutating func refuse(_ fault: FHIRError.Code, at offset: Int, member: Int32) {
    unsafe faultNode = unsafe tape.node_count
    unsafe append(node(VIGIL_NULL, start: 0, length: 0, source: offset, name: member))
    unsafe refuse(fault, at: offset)
  }

  /// Called at the first fault: it belongs to the innermost object unless a node was named.
  mutating func noteFault() {
    guard unsafe faultNode == 0 else { return }
    for index in unsafe (0..<frames.count).reversed() where unsafe frames[index].object >= 0 {
      unsafe faultNode = unsafe UInt32(frames[index].object)
      return
    }
  }

  /// Notes something recoverable. Only the first are kept: they inform, and must not fill memory.
  @inline(never)  // rare; keeps the common path short
  mutating func remark(_ kind: XMLRemark.Kind, _ offset: Int) {
    guard unsafe remarks.count < 100 else { return }
    unsafe remarks.append(XMLRemark(kind: kind, offset: offset))
  }
}
