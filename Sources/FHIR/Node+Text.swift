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
  package var double: Double? { tape.view.double(index) }

  /// The value of a boolean; nil for all else.
  package var boolean: Bool? { kind == .boolean ? tape.view.equals(index, "true") : nil }

  /// Whether this is a primitive whose text is `text`. No allocation.
  package func equals(_ text: StaticString) -> Bool { tape.view.equals(index, text) }

  /// Whether this is a string of this content. No allocation.
  package func isString(_ text: String) -> Bool {
    guard kind == .string else { return false }
    var text = text
    return text.withUTF8 { unsafe tape.view.text(index).elementsEqual($0) }
  }

  /// The date or time in this string, or nil when it is none or not one by FHIR's grammar.
  package var dateTime: DateTime? { tape.view.dateTime(index) }

  private var decoded: String { unsafe String(decoding: tape.view.text(index), as: UTF8.self) }
}

extension Node: Equatable {
  /// Whether both mean the same: the same kinds and texts, arrays in order, members whatever their order. Numbers are
  /// compared in value and precision, whatever the spelling: 1.0 is 1.0e0 and not 1.00 (R4 datatypes.html#decimal).
  /// Narratives are compared as XML, whatever the spelling.
  package static func == (left: Node, right: Node) -> Bool {
    guard left.kind == right.kind else { return false }
    switch left.kind {
    case .null: return true
    case .number: return unsafe Decimal.areSame(left.tape.view.text(left.index), right.tape.view.text(right.index))
    case .string, .boolean:
      return unsafe left.tape.view.text(left.index).elementsEqual(right.tape.view.text(right.index))
        || left.isSameNarrative(as: right)
    case .array:
      guard left.count == right.count else { return false }
      return left.children.elementsEqual(right.children)
    case .object:
      guard left.count == right.count else { return false }
      // Mostly the order is the same too: then each member is found at once.
      var others = right.children.makeIterator()
      for child in left.children {
        let name = unsafe left.tape.view.name(child.index)
        var other = others.next()
        if let candidate = other, !(unsafe candidate.tape.view.name(candidate.index).elementsEqual(name)) {
          other = nil
        }
        guard let found = other ?? child.name.flatMap(right.member) ?? nil, child == found else { return false }
      }
      return true
    }
  }

  /// Whether both are a narrative's `div` and say the same in canonical XML.
  private func isSameNarrative(as other: Node) -> Bool {
    guard kind == .string, unsafe tape.view.name(index).elementsEqual("div".utf8),
      unsafe other.tape.view.name(other.index).elementsEqual("div".utf8),
      let own = unsafe CanonicalXML.canonical(tape.view.text(index))
    else { return false }
    return unsafe own == CanonicalXML.canonical(other.tape.view.text(other.index))
  }
}
