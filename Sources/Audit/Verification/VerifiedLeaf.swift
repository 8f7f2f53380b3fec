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
  /// Keys of the cards that were shown, in the leaf's order; those that were held back are not among them.
  private(set) var shownCards: [[UInt8]] = []
  private(set) var subject: [UInt8]?
  private(set) var sealedDigest: [UInt8]?

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
      case 18:
        guard let keys = Self.shownCards(value) else { return nil }
        shownCards = keys
      case 20: subject = Array(value)
      case 21: sealedDigest = Array(value)
      default: break
      }
    }
    guard sequence != nil, time != nil, kind != nil else { return nil }
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

  /// Each card as four bytes of length and fields behind a version byte; its key is the first, and a fifth says why it was not
  /// shown.
  private static func shownCards(_ bytes: ArraySlice<UInt8>) -> [[UInt8]]? {
    var rest = bytes
    var keys: [[UInt8]] = []
    while !rest.isEmpty {
      guard rest.count >= 4 else { return nil }
      let length = rest.prefix(4).reduce(0) { $0 * 256 + Int($1) }
      rest = rest.dropFirst(4)
      guard length >= 1, rest.count >= length else { return nil }
      var card = rest.prefix(length).dropFirst()
      guard let (tag, key) = field(&card), tag == 1 else { return nil }
      var isHeldBack = false
      while !card.isEmpty {
        guard let (tag, _) = field(&card) else { return nil }
        isHeldBack = isHeldBack || tag == 5
      }
      if !isHeldBack { keys.append(Array(key)) }
      rest = rest.dropFirst(length)
    }
    return keys
  }
}
