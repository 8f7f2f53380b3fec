// SPDX-License-Identifier: Apache-2.0

/// A place in a document: an object, an array or a primitive. Copying it is cheap; it keeps its document alive.
package struct Node: Sendable {
  /// What stands at a node. FHIR's decimals and integers are numbers, its booleans booleans, all else strings,
  /// whichever syntax they came from.
  package enum Kind: UInt8, Sendable {
    case object, array, string, number, boolean, null
  }

  let tape: Tape
  let index: UInt32

  @inline(__always) init(tape: Tape, index: UInt32) {
    self.tape = tape
    self.index = index
  }

  /// What stands here.
  package var kind: Kind { tape.view.kind(index) }

  /// The member name; nil for array entries and the root.
  package var name: String? {
    let bytes = unsafe tape.view.name(index)
    return unsafe bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// The byte of the input at which the value starts.
  package var offset: Int { tape.view.source(index) }

  /// The member of this object; nil when it is absent or this is no object.
  package subscript(_ name: StaticString) -> Node? {
    tape.view.member(index, name).map { Node(tape: tape, index: $0) }
  }

  /// Whether this is an object with the member.
  package func has(_ name: StaticString) -> Bool { tape.view.member(index, name) != nil }

  /// The member of this object; nil when it is absent or this is no object.
  package func member(_ name: String) -> Node? {
    var name = name
    return name.withUTF8 { text in
      guard let start = text.baseAddress else { return nil }
      return unsafe tape.view.member(index, start, text.count).map { Node(tape: tape, index: $0) }
    }
  }

  /// The member's array entries; the single value where it is no array; nothing where it is absent.
  package func elements(_ name: StaticString) -> Nodes {
    guard let child = tape.view.member(index, name) else { return Nodes(tape: tape, from: 0, to: 0) }
    guard tape.view.kind(child) == .array else { return Nodes(tape: tape, from: child, to: tape.view.next(child)) }
    return Nodes(tape: tape, from: child + 1, to: tape.view.next(child))
  }

  /// Array entries or object members; nothing for a primitive.
  package var children: Nodes {
    guard tape.view.isContainer(index) else { return Nodes(tape: tape, from: 0, to: 0) }
    return Nodes(tape: tape, from: index + 1, to: tape.view.next(index))
  }

  /// The number of array entries or object members; 0 for a primitive.
  package var count: Int { tape.view.isContainer(index) ? tape.view.children(index) : 0 }

  /// The `resourceType` of this object.
  package var resourceType: String? { self["resourceType"]?.string }

  /// Whether this is an object whose `resourceType` is `type`. No allocation.
  package func isResource(_ type: StaticString) -> Bool {
    guard let member = tape.view.member(index, "resourceType") else { return false }
    return tape.view.equals(member, type)
  }
}

/// Children of one node, in document order.
package struct Nodes: Sequence, Sendable {
  let tape: Tape
  let from: UInt32
  let to: UInt32

  @inline(__always) init(tape: Tape, from: UInt32, to: UInt32) {
    self.tape = tape
    self.from = from
    self.to = to
  }

  /// Walks the children.
  package struct Iterator: IteratorProtocol {
    let tape: Tape
    var at: UInt32
    let to: UInt32

    package mutating func next() -> Node? {
      guard at < to else { return nil }
      defer { at = tape.view.next(at) }
      return Node(tape: tape, index: at)
    }
  }

  package func makeIterator() -> Iterator { Iterator(tape: tape, at: from, to: to) }

  /// The first child.
  package var first: Node? { from < to ? Node(tape: tape, index: from) : nil }

  /// Whether there is none.
  package var isEmpty: Bool { from >= to }
}
