// SPDX-License-Identifier: Apache-2.0

/// A leaf as the verifier reads it, by the description in `docs/trail.md` alone: written apart from the code that writes leaves,
/// so that one mistake is not made on both sides. Texts and bytes stay where they are: it holds their places in the leaf.
struct VerifiedLeaf {
  private(set) var sequence: Int64 = 0
  private(set) var time: Int64 = 0
  private(set) var status: Int64?
  private(set) var kind: Range<Int>?
  private(set) var service: Range<Int>?
  private(set) var hookInstance: Range<Int>?
  private(set) var patient: Range<Int>?
  private(set) var note: Range<Int>?
  private(set) var commitment: Range<Int>?
  private(set) var subject: Range<Int>?
  private(set) var sealedDigest: Range<Int>?
  private(set) var proposal: Int64?
  private(set) var wrapVersion: Int64?
  private(set) var amends: Int64?
  private(set) var legalCase: Range<Int>?

  /// - Parameter terms: gets the hashes of what the record is found by, but for its patient.
  init?(_ leaf: Span<UInt8>, terms: inout [UInt64]) {
    guard !leaf.isEmpty, leaf[0] == 1 else { return nil }
    var fields = FieldReader(1..<leaf.count)
    var before: UInt8 = 0
    var (number, moment): (Int64?, Int64?)
    while !fields.isAtEnd {
      guard let (tag, value) = fields.next(in: leaf), tag > before else { return nil }
      before = tag
      switch tag {
      case 1: number = FieldReader.number(leaf, value)
      case 2: moment = FieldReader.number(leaf, value)
      case 3: kind = value
      case 4: service = value
      case 6: hookInstance = value
      case 7: patient = value
      case 8: status = FieldReader.number(leaf, value)
      case 16: note = value
      case 17: commitment = value
      case 20: subject = value
      case 21: sealedDigest = value
      case 25: proposal = FieldReader.number(leaf, value)
      case 29: wrapVersion = FieldReader.number(leaf, value)
      // What is no number is that of no record.
      case 32: amends = FieldReader.number(leaf, value) ?? 0
      case 33: legalCase = value
      default: break
      }
      guard Self.addTerms(tag, value, leaf, &terms) else { return nil }
    }
    guard let number, let moment, let kind, (try? UTF8Span(validating: leaf.extracting(kind))) != nil else {
      return nil
    }
    (sequence, time) = (number, moment)
    if Self.says("rejection", leaf, kind) || status ?? 0 >= 400 { terms.append(SearchTerm(.error).hash) }
  }

  /// Whether a text is this one.
  static func says(_ text: StaticString, _ leaf: Span<UInt8>, _ range: Range<Int>?) -> Bool {
    guard let range, range.count == text.utf8CodeUnitCount else { return false }
    // A static string's bytes live for ever.
    let wanted = unsafe UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return unsafe leaf.extracting(range).withUnsafeBytes { unsafe $0.elementsEqual(wanted) }
  }

  /// What a field lets the record be found by; false when it is not as it should be.
  private static func addTerms(
    _ tag: UInt8, _ value: Range<Int>, _ leaf: Span<UInt8>, _ terms: inout [UInt64]
  ) -> Bool {
    switch tag {
    case 3, 4, 6, 13, 15, 19, 22, 23, 30, 32, 33:
      if let field = SearchTerm.Field(rawValue: tag) {
        terms.append(SearchTerm(field, leaf.extracting(value)).hash)
      }
      return true
    case 12, 18: break
    case 24: terms.append(SearchTerm(.abstained).hash)
    default: return true
    }
    var items = FieldReader(value)
    while !items.isAtEnd {
      guard let place = items.nextItem(in: leaf), let item = Item(leaf, place),
        item.addTerms(of: tag, leaf, &terms)
      else { return false }
    }
    return true
  }

  /// Fields by their tags of a model, a card or an abstention, behind a version byte.
  private struct Item {
    private var first: Range<Int>?
    private var second: Range<Int>?
    private var third: Range<Int>?
    private var fifth: Range<Int>?

    init?(_ leaf: Span<UInt8>, _ place: Range<Int>) {
      guard !place.isEmpty else { return nil }
      var fields = FieldReader(place.dropFirst())
      while !fields.isAtEnd {
        guard let (tag, value) = fields.next(in: leaf) else { return nil }
        switch tag {
        case 1: first = value
        case 2: second = value
        case 3: third = value
        case 5: fifth = value
        default: break
        }
      }
    }

    func addTerms(of tag: UInt8, _ leaf: Span<UInt8>, _ terms: inout [UInt64]) -> Bool {
      func add(_ field: SearchTerm.Field, _ range: Range<Int>) {
        terms.append(SearchTerm(field, leaf.extracting(range)).hash)
      }
      switch tag {
      case 12:
        guard let first, let second else { return false }
        add(.model, first)
        add(.version, second)
        terms.append(
          SearchTerm(model: leaf.extracting(first), version: leaf.extracting(second)).hash)
      case 18:
        guard let first else { return false }
        add(.card, first)
        if let third { add(.outcome, third) }
        if let fifth {
          add(.reason, fifth)
          terms.append(SearchTerm(.heldBack).hash)
        }
      default:
        guard let second, let third else { return false }
        add(.abstention, second)
        var start = third.lowerBound
        for place in third where leaf[place] == UInt8(ascii: ",") {
          if start < place { add(.outcome, start..<place) }
          start = place + 1
        }
        if start < third.upperBound { add(.outcome, start..<third.upperBound) }
      }
      return true
    }
  }
}
