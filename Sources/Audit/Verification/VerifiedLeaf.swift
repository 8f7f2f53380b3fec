// SPDX-License-Identifier: Apache-2.0

/// A leaf as the verifier reads it, by the description in `docs/trail.md` alone: written apart from the code that writes leaves,
/// so that one mistake is not made on both sides.
struct VerifiedLeaf {
  private(set) var sequence: Int64?
  private(set) var time: Int64?
  private(set) var kind: String?
  private(set) var service: String?
  private(set) var hookInstance: String?
  private(set) var patient: [UInt8]?
  private(set) var status: Int64?
  private(set) var note: String?
  private(set) var commitment: [UInt8]?
  private(set) var subject: [UInt8]?
  private(set) var sealedDigest: [UInt8]?
  /// What the record is found by, but for its patient.
  private(set) var terms: [SearchTerm] = []

  init?(_ leaf: [UInt8]) {
    guard leaf.first == 1 else { return nil }
    var rest = leaf.dropFirst()
    var before: UInt8 = 0
    while !rest.isEmpty {
      guard let (tag, value) = Self.field(&rest), tag > before else { return nil }
      before = tag
      switch tag {
      case 1: sequence = Self.number(value)
      case 2: time = Self.number(value)
      case 3: kind = String(validating: value, as: UTF8.self)
      case 4: service = String(validating: value, as: UTF8.self)
      case 6: hookInstance = String(validating: value, as: UTF8.self)
      case 7: patient = Array(value)
      case 8: status = Self.number(value)
      case 16: note = String(validating: value, as: UTF8.self)
      case 17: commitment = Array(value)
      case 20: subject = Array(value)
      case 21: sealedDigest = Array(value)
      default: break
      }
      guard addTerms(tag, value) else { return nil }
    }
    guard sequence != nil, time != nil, let kind else { return nil }
    if kind == "rejection" || status ?? 0 >= 400 { terms.append(SearchTerm(.error)) }
  }

  /// What a field lets the record be found by; false when it is not as it should be.
  private mutating func addTerms(_ tag: UInt8, _ value: ArraySlice<UInt8>) -> Bool {
    switch tag {
    case 3, 4, 6, 13, 15, 19, 22, 23:
      if let field = SearchTerm.Field(rawValue: tag) { terms.append(SearchTerm(field, value)) }
    case 12:
      return Self.forEachItem(value) { model in
        guard let id = model.first, let version = model.second else { return false }
        terms.append(SearchTerm(.model, id))
        terms.append(SearchTerm(.version, version))
        terms.append(SearchTerm(model: id, version: version))
        return true
      }
    case 18:
      return Self.forEachItem(value) { card in
        guard let key = card.first else { return false }
        terms.append(SearchTerm(.card, key))
        if let outcome = card.third { terms.append(SearchTerm(.outcome, outcome)) }
        if let reason = card.fifth {
          terms.append(SearchTerm(.reason, reason))
          terms.append(SearchTerm(.heldBack))
        }
        return true
      }
    case 24:
      terms.append(SearchTerm(.abstained))
      return Self.forEachItem(value) { abstention in
        guard let code = abstention.second, let outcomes = abstention.third else { return false }
        terms.append(SearchTerm(.abstention, code))
        for outcome in outcomes.split(separator: UInt8(ascii: ",")) { terms.append(SearchTerm(.outcome, outcome)) }
        return true
      }
    default: break
    }
    return true
  }

  /// Tag, four bytes of length, value.
  private static func field(_ rest: inout ArraySlice<UInt8>) -> (UInt8, ArraySlice<UInt8>)? {
    guard rest.count >= 5, let tag = rest.first else { return nil }
    let length = rest.dropFirst().prefix(4).reduce(0) { $0 * 256 + Int($1) }
    guard rest.count - 5 >= length else { return nil }
    let value = rest.dropFirst(5).prefix(length)
    rest = rest.dropFirst(5 + length)
    return (tag, value)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
    bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | Int64($1) } : nil
  }

  /// Fields of an item by their tags.
  private struct Item {
    var first: ArraySlice<UInt8>?
    var second: ArraySlice<UInt8>?
    var third: ArraySlice<UInt8>?
    var fifth: ArraySlice<UInt8>?
  }

  /// Each item as four bytes of length, and behind a version byte its fields; false when one is not so, or not taken.
  private static func forEachItem(_ bytes: ArraySlice<UInt8>, _ take: (Item) -> Bool) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      guard rest.count >= 4 else { return false }
      let length = rest.prefix(4).reduce(0) { $0 * 256 + Int($1) }
      rest = rest.dropFirst(4)
      guard length >= 1, rest.count >= length else { return false }
      var fields = rest.prefix(length).dropFirst()
      var item = Item()
      while !fields.isEmpty {
        guard let (tag, value) = field(&fields) else { return false }
        switch tag {
        case 1: item.first = value
        case 2: item.second = value
        case 3: item.third = value
        case 5: item.fifth = value
        default: break
        }
      }
      guard take(item) else { return false }
      rest = rest.dropFirst(length)
    }
    return true
  }
}
