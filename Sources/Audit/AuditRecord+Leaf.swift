// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditRecord {
  private static let leafVersion: UInt8 = 1

  /// The tags of a leaf. They are permanent: a later version adds tags, it never gives one another meaning.
  private enum Tag {
    static let sequence: UInt8 = 1, time: UInt8 = 2, kind: UInt8 = 3, service: UInt8 = 4, hook: UInt8 = 5
    static let hookInstance: UInt8 = 6, patient: UInt8 = 7, status: UInt8 = 8, duration: UInt8 = 9, instant: UInt8 = 10
    static let configuration: UInt8 = 11, models: UInt8 = 12, reason: UInt8 = 13, count: UInt8 = 14, origin: UInt8 = 15
    static let note: UInt8 = 16, commitment: UInt8 = 17, cards: UInt8 = 18, outcome: UInt8 = 19
    static let subject: UInt8 = 20, sealedDigest: UInt8 = 21, unit: UInt8 = 22, client: UInt8 = 23
    static let abstentions: UInt8 = 24, proposal: UInt8 = 25
    static let signer: UInt8 = 26, firstSigned: UInt8 = 27, lastSigned: UInt8 = 28
    static let wrapVersion: UInt8 = 29, user: UInt8 = 30, token: UInt8 = 31
    static let amends: UInt8 = 32
    static let legalCase: UInt8 = 33
  }

  /// The canonical bytes of this record: what a Merkle tree hashes. The payload is present only by its commitment.
  package var leaf: [UInt8] {
    Self.leaf(of: entry, at: sequence, commitment: commitment, sealedDigest: sealedDigest, subject: subject)
  }

  /// The canonical bytes of an entry's record.
  static func leaf(
    of entry: AuditEntry, at sequence: Int64 = 0, commitment: [UInt8]?, sealedDigest: [UInt8]?, subject: [UInt8]?
  ) -> [UInt8] {
    var fields = TaggedFields(version: leafVersion, capacity: 1024)
    fields.append(Tag.sequence, sequence)
    fields.append(Tag.time, entry.time.milliseconds)
    fields.append(Tag.kind, entry.kind.rawValue)
    fields.append(Tag.service, entry.service)
    fields.append(Tag.hook, entry.hook)
    fields.append(Tag.hookInstance, entry.hookInstance)
    // A pseudonym could still be tried against identifiers after an erasure; the token could not.
    fields.append(Tag.patient, subject == nil ? entry.patient : nil)
    fields.append(Tag.status, entry.status.map(Int64.init))
    fields.append(Tag.duration, entry.duration)
    fields.append(Tag.instant, entry.instant?.milliseconds)
    fields.append(Tag.configuration, entry.configuration)
    fields.append(Tag.models, entry.models, version: leafVersion, append)
    fields.append(Tag.reason, entry.reason)
    fields.append(Tag.count, entry.count)
    fields.append(Tag.origin, entry.origin)
    fields.append(Tag.note, entry.note)
    fields.append(Tag.commitment, commitment)
    fields.append(Tag.cards, entry.cards, version: leafVersion, append)
    fields.append(Tag.outcome, entry.outcome)
    fields.append(Tag.subject, subject)
    fields.append(Tag.sealedDigest, sealedDigest)
    fields.append(Tag.unit, entry.unit)
    fields.append(Tag.client, entry.client)
    fields.append(Tag.abstentions, entry.abstentions, version: leafVersion, append)
    fields.append(Tag.proposal, entry.proposal)
    fields.append(Tag.signer, entry.signature?.name)
    fields.append(Tag.firstSigned, entry.signature?.records.lowerBound)
    fields.append(Tag.lastSigned, entry.signature?.records.upperBound)
    fields.append(Tag.wrapVersion, entry.wrapVersion)
    fields.append(Tag.user, entry.user)
    fields.append(Tag.token, entry.token)
    fields.append(Tag.amends, entry.amends)
    fields.append(Tag.legalCase, entry.legalCase)
    return fields.bytes
  }

  /// Puts another sequence number into a leaf: its first field, and always eight bytes.
  static func number(_ leaf: inout [UInt8], _ sequence: Int64) {
    for place in 0..<8 { leaf[6 + place] = UInt8(truncatingIfNeeded: sequence >> (56 - 8 * Int64(place))) }
  }

  /// Reads a leaf back, without its payload; nil when the bytes are not a leaf this version writes.
  package init?(leaf: [UInt8]) {
    guard let fields = TaggedFields.read(leaf, version: Self.leafVersion),
      let sequence = TaggedFields.number(fields[Tag.sequence]),
      let time = TaggedFields.number(fields[Tag.time]),
      let kind = TaggedFields.text(fields[Tag.kind]).flatMap(AuditEntry.Kind.init)
    else { return nil }
    var entry = AuditEntry(time: Instant(milliseconds: time), kind: kind)
    entry.service = TaggedFields.text(fields[Tag.service])
    entry.hook = TaggedFields.text(fields[Tag.hook])
    entry.hookInstance = TaggedFields.text(fields[Tag.hookInstance])
    entry.patient = fields[Tag.patient].map(Array.init)
    entry.status = TaggedFields.number(fields[Tag.status]).flatMap { Int(exactly: $0) }
    entry.duration = TaggedFields.number(fields[Tag.duration])
    entry.instant = TaggedFields.number(fields[Tag.instant]).map(Instant.init(milliseconds:))
    entry.configuration = fields[Tag.configuration].map(Array.init)
    if let models = fields[Tag.models] {
      guard let read = Self.list(in: Array(models), Self.model) else { return nil }
      entry.models = read
    }
    if let cards = fields[Tag.cards] {
      guard let read = Self.list(in: Array(cards), Self.card) else { return nil }
      entry.cards = read
    }
    if let abstentions = fields[Tag.abstentions] {
      guard let read = Self.list(in: Array(abstentions), Self.abstention) else { return nil }
      entry.abstentions = read
    }
    entry.outcome = TaggedFields.text(fields[Tag.outcome])
    entry.unit = TaggedFields.text(fields[Tag.unit])
    entry.client = TaggedFields.text(fields[Tag.client])
    if let name = TaggedFields.text(fields[Tag.signer]), let first = TaggedFields.number(fields[Tag.firstSigned]),
      let last = TaggedFields.number(fields[Tag.lastSigned]), first <= last
    {
      entry.signature = AuditEntry.Signature(name: name, records: first...last)
    }
    entry.proposal = TaggedFields.number(fields[Tag.proposal])
    entry.amends = TaggedFields.number(fields[Tag.amends])
    entry.legalCase = TaggedFields.text(fields[Tag.legalCase])
    entry.token = TaggedFields.text(fields[Tag.token])
    entry.user = TaggedFields.text(fields[Tag.user])
    entry.wrapVersion = TaggedFields.number(fields[Tag.wrapVersion])
    entry.reason = TaggedFields.text(fields[Tag.reason])
    entry.count = TaggedFields.number(fields[Tag.count])
    entry.origin = TaggedFields.text(fields[Tag.origin])
    entry.note = TaggedFields.text(fields[Tag.note])
    self.init(
      sequence: sequence, entry: entry, commitment: fields[Tag.commitment].map(Array.init),
      sealedDigest: fields[Tag.sealedDigest].map(Array.init), subject: fields[Tag.subject].map(Array.init))
    // One entry has one leaf: bytes that read well but would be written differently were not written by us.
    guard self.leaf == leaf else { return nil }
  }

  private static func append(_ model: AuditEntry.Model, to fields: inout TaggedFields) {
    fields.append(1, model.id)
    fields.append(2, model.version)
    fields.append(3, model.digest)
  }

  private static func model(_ fields: TaggedFields.Values) -> AuditEntry.Model? {
    guard let id = TaggedFields.text(fields[1]), let version = TaggedFields.text(fields[2]), let digest = fields[3]
    else { return nil }
    return AuditEntry.Model(id: id, version: version, digest: Array(digest))
  }

  private static func append(_ card: AuditEntry.Card, to fields: inout TaggedFields) {
    fields.append(1, card.key)
    fields.append(2, card.model)
    fields.append(3, card.outcome)
    fields.append(4, card.indicator)
    fields.append(5, card.heldBack)
  }

  private static func card(_ fields: TaggedFields.Values) -> AuditEntry.Card? {
    guard let key = fields[1] else { return nil }
    return AuditEntry.Card(
      key: Array(key), model: TaggedFields.text(fields[2]), outcome: TaggedFields.text(fields[3]),
      indicator: TaggedFields.text(fields[4]), heldBack: TaggedFields.text(fields[5]))
  }

  private static func append(_ abstention: AuditEntry.Abstention, to fields: inout TaggedFields) {
    fields.append(1, abstention.model)
    fields.append(2, abstention.code)
    fields.append(3, abstention.outcomes.joined(separator: ","))
  }

  private static func abstention(_ fields: TaggedFields.Values) -> AuditEntry.Abstention? {
    guard let model = TaggedFields.text(fields[1]), let code = TaggedFields.text(fields[2]),
      let outcomes = TaggedFields.text(fields[3])
    else { return nil }
    return AuditEntry.Abstention(
      model: model, code: code, outcomes: outcomes.split(separator: ",").map(String.init))
  }

  /// Reads what `TaggedFields` writes for a list.
  private static func list<Item>(
    in bytes: [UInt8], _ item: (TaggedFields.Values) -> Item?
  ) -> [Item]? {
    var items: [Item] = []
    var position = 0
    while position < bytes.count {
      guard bytes.count - position >= 4 else { return nil }
      let length = bytes[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
      position += 4
      guard length <= bytes.count - position,
        let fields = TaggedFields.read(Array(bytes[position..<(position + length)]), version: leafVersion),
        let read = item(fields)
      else { return nil }
      items.append(read)
      position += length
    }
    return items
  }
}
