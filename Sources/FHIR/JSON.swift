// SPDX-License-Identifier: Apache-2.0

/// A JSON value to be written: everything the service emits is built of it. Members keep their order, so that the
/// same value always gives the same bytes.
package enum JSON: Sendable, Equatable {
  case object([Member])
  case array([JSON])
  case string(String)
  /// A number by its literal, which must be a JSON number.
  case number(literal: String)
  case boolean(Bool)
  case null

  /// One member of an object.
  package struct Member: Sendable, Equatable {
    /// The name.
    package var name: String
    /// The value.
    package var value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// The shortest literal that reads back as the same `Double`; whole numbers without a fraction. JSON has no
  /// infinities and no NaN: they become null.
  package static func number(_ value: Double) -> JSON {
    guard value.isFinite else { return .null }
    if value == value.rounded(), abs(value) < 0x1p53 { return .number(literal: "\(Int64(value))") }
    return .number(literal: "\(value)")
  }

  /// An integer.
  package static func number(_ value: Int) -> JSON { .number(literal: "\(value)") }

  /// The same as a part of a document that was read, number literals as they were written.
  package init(_ node: Node) {
    switch node.kind {
    case .object: self = .object(node.children.map { Member($0.name ?? "", JSON($0)) })
    case .array: self = .array(node.children.map { JSON($0) })
    case .string: self = .string(node.text ?? "")
    case .number: self = .number(literal: node.text ?? "0")
    case .boolean: self = .boolean(node.boolean ?? false)
    case .null: self = .null
    }
  }

  /// The member of this object; nil when absent or this is no object. Setting nil removes it.
  package subscript(_ name: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.name == name }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let place = members.firstIndex { $0.name == name }
      if let newValue {
        if let place { members[place].value = newValue } else { members.append(Member(name, newValue)) }
      } else if let place {
        members.remove(at: place)
      }
      self = .object(members)
    }
  }
}

/// `["resourceType": "RiskAssessment", "status": .string(status), "note": nil]`; members that are nil are left out.
extension JSON: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON?)...) {
    self = .object(elements.compactMap { name, value in value.map { Member(name, $0) } })
  }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral
{
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(integerLiteral value: Int) { self = .number(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
}
