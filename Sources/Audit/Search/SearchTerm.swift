// SPDX-License-Identifier: Apache-2.0

/// Something that a record can be found by: a field of its leaf and a value, as 64 bits.
///
/// A hash proves nothing: whatever is found by it is compared with the leaf. So it need not be a cryptographic one.
struct SearchTerm: Sendable, Hashable {
  /// What the value is of. Raw values are stored inside hashes and therefore permanent: the leaf's tags, and from 200 on what is
  /// derived of several.
  enum Field: UInt8 {
    case kind = 3, service = 4, hookInstance = 6, patient = 7, model = 12, reason = 13, origin = 15, card = 18,
      outcome = 19
    case subject = 20, unit = 22, client = 23, abstention = 24, user = 30, amends = 32,
      legalCase = 33
    /// An answer of which a card was held back; a refusal or an answer with an error's status; an answer that left something
    /// unstated. They have no value.
    case heldBack = 200, error = 201, abstained = 202
    /// A model's version alone; id, a zero byte and version.
    case version = 203, modelVersion = 204
  }

  /// FNV-1a over the field's number and the value's bytes, mixed as SplitMix64 does, since the upper bits choose the place.
  let hash: UInt64

  init(_ field: Field, _ value: some Sequence<UInt8>) {
    var mix = Mix(field)
    for byte in value { mix.add(byte) }
    hash = mix.hash
  }

  /// The same of bytes that lie somewhere.
  init(_ field: Field, _ value: Span<UInt8>) {
    var mix = Mix(field)
    for place in value.indices { mix.add(value[place]) }
    hash = mix.hash
  }

  private struct Mix {
    private var state: UInt64

    init(_ field: Field) {
      state = 0xCBF2_9CE4_8422_2325
      add(field.rawValue)
    }

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

    var hash: UInt64 {
      var hash = state
      hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
      hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
      return hash ^ (hash >> 31)
    }
  }

  init(_ field: Field, _ text: String) {
    self.init(field, text.utf8)
  }

  init(_ field: Field) {
    self.init(field, [])
  }

  /// The number of the data key that a record's patient has.
  init(subject: Int64) {
    self.init(.subject, TaggedFields.bigEndian(UInt64(bitPattern: subject)))
  }

  /// The number of the record that an amendment corrects.
  init(amends: Int64) {
    self.init(.amends, TaggedFields.bigEndian(UInt64(bitPattern: amends)))
  }

  /// Id and version of one model.
  init(model: some Sequence<UInt8>, version: some Sequence<UInt8>) {
    var mix = Mix(.modelVersion)
    for byte in model { mix.add(byte) }
    mix.add(0)
    for byte in version { mix.add(byte) }
    hash = mix.hash
  }

  /// The same of bytes that lie somewhere.
  init(model: Span<UInt8>, version: Span<UInt8>) {
    var mix = Mix(.modelVersion)
    for place in model.indices { mix.add(model[place]) }
    mix.add(0)
    for place in version.indices { mix.add(version[place]) }
    hash = mix.hash
  }

  /// Everything that an entry is found by.
  ///
  /// - Parameter subject: the number of its patient's data key; nil for a record about no patient, or of before data keys.
  static func terms(of entry: AuditEntry, subject: Int64?) -> [SearchTerm] {
    var terms = [SearchTerm(.kind, entry.kind.rawValue)]
    func add(_ field: Field, _ text: String?) {
      if let text { terms.append(SearchTerm(field, text)) }
    }
    add(.service, entry.service)
    add(.hookInstance, entry.hookInstance)
    add(.reason, entry.reason)
    add(.origin, entry.origin)
    add(.outcome, entry.outcome)
    add(.unit, entry.unit)
    add(.client, entry.client)
    add(.user, entry.user)
    if let number = entry.amends { terms.append(SearchTerm(amends: number)) }
    add(.legalCase, entry.legalCase)
    for model in entry.models {
      add(.model, model.id)
      add(.version, model.version)
      terms.append(SearchTerm(model: model.id.utf8, version: model.version.utf8))
    }
    for card in entry.cards {
      terms.append(SearchTerm(.card, card.key))
      add(.outcome, card.outcome)
      add(.reason, card.heldBack)
    }
    for abstention in entry.abstentions {
      add(.abstention, abstention.code)
      for outcome in abstention.outcomes { add(.outcome, outcome) }
    }
    if entry.isHeldBack { terms.append(SearchTerm(.heldBack)) }
    if entry.isError { terms.append(SearchTerm(.error)) }
    if !entry.abstentions.isEmpty { terms.append(SearchTerm(.abstained)) }
    if let subject {
      terms.append(SearchTerm(subject: subject))
    } else if let patient = entry.patient {
      terms.append(SearchTerm(.patient, patient))
    }
    return terms
  }
}
