// SPDX-License-Identifier: Apache-2.0

extension Node {
  /// The content of a string; nil for all else.
  package var string: String? { kind == .string ? decoded : nil }

  /// The text of any primitive: a string's content, a number's literal as it was written, `true` or `false`.
  package var text: String? {
    switch kind {
    case .string, .number, .boolean: decoded
    case .object, .array, .null: nil
    }
  }

  /// The value of a number, rounded to the nearest; nil for all else and where it is beyond the range of `Double`.
  package var double: Double? {
    guard kind == .number else { return nil }
    return unsafe Decimal.double(tape.text(index))
  }

  /// The value of a boolean; nil for all else.
  package var boolean: Bool? { kind == .boolean ? tape.equals(index, "true") : nil }

  /// Whether this is a primitive whose text is `text`. No allocation.
  package func equals(_ text: StaticString) -> Bool { tape.equals(index, text) }

  /// Whether this is a primitive whose text is `text`.
  package func equals(_ text: String) -> Bool {
    guard !tape.isContainer(index), kind != .null else { return false }
    let own = unsafe tape.text(index)
    guard own.count == text.utf8.count else { return false }
    // Swift's own strings lie in one piece, so no copy is made and the bytes are compared as such.
    let same = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
      unsafe bytes.baseAddress.map { unsafe equal(own.baseAddress, $0, own.count) } ?? true
    }
    return unsafe same ?? text.utf8.elementsEqual(own)
  }

  /// The date or time in this string, or nil when it is none or not one by FHIR's grammar.
  package var dateTime: DateTime? {
    guard kind == .string else { return nil }
    return unsafe DateTime(utf8: tape.text(index))
  }

  private var decoded: String { unsafe String(decoding: tape.text(index), as: UTF8.self) }
}

extension Node: Equatable {
  /// Whether both mean the same: the same kinds and texts, arrays in order, members whatever their order. Numbers are
  /// compared in value and precision, whatever the spelling: 1.0 is 1.0e0 and not 1.00 (R4 datatypes.html#decimal).
  /// Narratives are compared as XML, whatever the spelling.
  package static func == (left: Node, right: Node) -> Bool {
    guard left.kind == right.kind else { return false }
    switch left.kind {
    case .null: return true
    case .number: return unsafe Decimal.areSame(left.tape.text(left.index), right.tape.text(right.index))
    case .string, .boolean:
      return unsafe left.tape.text(left.index).elementsEqual(right.tape.text(right.index))
        || left.isSameNarrative(as: right)
    case .array:
      guard left.count == right.count else { return false }
      return left.children.elementsEqual(right.children)
    case .object:
      guard left.count == right.count else { return false }
      // Mostly the order is the same too: then each member is found at once.
      var others = right.children.makeIterator()
      for child in left.children {
        let name = unsafe left.tape.name(child.index)
        var other = others.next()
        if let candidate = other, !(unsafe candidate.tape.name(candidate.index).elementsEqual(name)) { other = nil }
        guard let found = other ?? child.name.flatMap(right.member) ?? nil, child == found else { return false }
      }
      return true
    }
  }

  /// Whether both are a narrative's `div` and say the same in canonical XML.
  private func isSameNarrative(as other: Node) -> Bool {
    guard kind == .string, unsafe tape.name(index).elementsEqual("div".utf8),
      unsafe other.tape.name(other.index).elementsEqual("div".utf8),
      let own = unsafe CanonicalXML.canonical(tape.text(index))
    else { return false }
    return unsafe own == CanonicalXML.canonical(other.tape.text(other.index))
  }
}
