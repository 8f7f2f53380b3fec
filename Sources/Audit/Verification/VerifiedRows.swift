// SPDX-License-Identifier: Apache-2.0

/// Stored rows, each checked by itself: what several threads do side by side, before one looks at them in their order.
struct VerifiedRows: Sendable {
  /// What a record says was done.
  enum Deed: Sendable {
    /// A legal hold, and the end of those that were there before the proposal, with the name of the case.
    case hold(String?), release(String?, proposal: Int64?)
    /// Numbers of the keys that were destroyed.
    case erasure([Int64])
    /// The log's next key.
    case key(NoteKey)
    /// The root key that data keys are wrapped under from here on (`RootKey.fingerprint`).
    case rootKey([UInt8])
    /// From here on all data keys are bound to their patients.
    case bindsKeys
  }

  /// A leaf that is a record in its place.
  struct Leaf: Sendable {
    let time: Int64
    /// Whether the columns for searching say what it says.
    let agrees: Bool
    /// Number of its data key, where that is not the one that was stored.
    let changedKey: Int64?
    /// The patient's token; nil where there is none, or it is none.
    let token: MerkleHash?
    let payload: VerifiedPayload
    let deed: Deed?
    /// Number of the record that it says it corrects; 0 for one that says so and is not what does so, or does not say which. Beside the deed,
    /// so that a hold or an erasure that says so is one, and named.
    let amends: Int64?
    /// Whether a service starts or stops with it, or the log's key changes.
    let isTurn: Bool
    /// Where in `terms` stands what it is found by.
    let terms: Range<Int>
  }

  /// One row.
  struct Record: Sendable {
    let sequence: Int64
    /// Number of its patient's data key, as the column has it.
    let subject: Int64?
    /// Number of the data key that its content lies under.
    let payloadSubject: Int64?
    let hash: MerkleHash
    /// Nil for what is no record in its place.
    let leaf: Leaf?
  }

  private(set) var records: [Record] = []
  /// Hashes of what the records are found by.
  private(set) var terms: [UInt64] = []

  init(_ stored: StoredRows, _ keys: VerifiedKeys) {
    records.reserveCapacity(stored.rows.count)
    terms.reserveCapacity(stored.rows.count * 24)
    for row in stored.rows {
      let leaf = leaf(row, stored.bytes, keys)
      // The buffer lives for the call.
      let hash = unsafe stored.bytes.span.extracting(row.leaf).withUnsafeBytes { unsafe MerkleHash.leaf($0) }
      records.append(
        Record(
          sequence: row.sequence, subject: row.subject, payloadSubject: row.payloadSubject, hash: hash, leaf: leaf))
    }
  }

  private mutating func leaf(_ row: StoredRows.Row, _ bytes: [UInt8], _ keys: VerifiedKeys) -> Leaf? {
    let leafBytes = bytes.span.extracting(row.leaf)
    let start = terms.count
    guard let leaf = VerifiedLeaf(leafBytes, terms: &terms), leaf.sequence == row.sequence else {
      terms.removeSubrange(start...)
      return nil
    }
    func agrees(_ place: Range<Int>?, _ column: Range<Int>?) -> Bool {
      guard let place, let column else { return place == nil && column == nil }
      return areEqual(leafBytes.extracting(place), bytes.span.extracting(column))
    }
    let numbersAgree = leaf.time == row.time && leaf.status == row.status
    let textsAgree =
      agrees(leaf.kind, row.kind) && agrees(leaf.service, row.service) && agrees(leaf.hookInstance, row.hookInstance)
    let token = leaf.subject.flatMap { MerkleHash(leafBytes.extracting($0)) }
    let patientAgrees =
      agrees(leaf.patient, row.patient) && (leaf.subject == nil) == (row.subject == nil)
      && (leaf.subject == nil) == (token == nil)
    // Whose the content is, the record says too: else a key that was destroyed could be said to be its own.
    var isOwn = true
    let holder = row.subject ?? row.payloadSubject
    let opening = holder.flatMap(keys.open)
    var changedKey: Int64?
    if case .changed = opening { changedKey = holder }
    if let subject = row.subject {
      isOwn = row.payloadSubject.map { $0 == subject } ?? true
      if case .open(let key) = opening {
        isOwn = isOwn && leaf.subject.map { areEqual(leafBytes.extracting($0), key.token.span) } == true
      }
    } else if let patient = leaf.patient, let holder = row.payloadSubject.flatMap({ keys.keys[$0]?.pseudonym }) {
      isOwn = areEqual(leafBytes.extracting(patient), holder.span)
    }
    if let subject = row.subject {
      terms.append(SearchTerm(subject: subject).hash)
    } else if let patient = leaf.patient {
      terms.append(SearchTerm(.patient, leafBytes.extracting(patient)).hash)
    }
    return Leaf(
      time: leaf.time, agrees: numbersAgree && textsAgree && patientAgrees && isOwn, changedKey: changedKey,
      token: token,
      payload: VerifiedPayload(
        row, leaf, in: bytes, row.payloadSubject == holder ? opening : row.payloadSubject.flatMap(keys.open)),
      deed: Self.deed(leaf, leafBytes),
      amends: Self.amends(leaf, leafBytes),
      isTurn: ["start", "stop", "key"].contains { VerifiedLeaf.says($0, leafBytes, leaf.kind) },
      terms: start..<terms.count
    )
  }

  private static func amends(_ leaf: VerifiedLeaf, _ bytes: Span<UInt8>) -> Int64? {
    let isAmendment = VerifiedLeaf.says("amendment", bytes, leaf.kind)
    guard isAmendment || leaf.amends != nil else { return nil }
    return isAmendment && leaf.commitment != nil ? leaf.amends ?? 0 : 0
  }

  private static func deed(_ leaf: VerifiedLeaf, _ bytes: Span<UInt8>) -> Deed? {
    func text(_ place: Range<Int>?) -> String? {
      place.flatMap { place in
        String(validating: place.map { bytes[$0] }, as: UTF8.self)
      }
    }
    if VerifiedLeaf.says("hold", bytes, leaf.kind) { return .hold(text(leaf.legalCase)) }
    if VerifiedLeaf.says("release", bytes, leaf.kind) {
      return .release(text(leaf.legalCase), proposal: leaf.proposal)
    }
    if VerifiedLeaf.says("erasure", bytes, leaf.kind) { return .erasure(ErasureNote.keys(in: text(leaf.note) ?? "")) }
    if leaf.wrapVersion != nil { return .bindsKeys }
    if VerifiedLeaf.says("key", bytes, leaf.kind) {
      return text(leaf.note).flatMap { NoteKey(vkey: $0) }.map { .key($0) }
    }
    if VerifiedLeaf.says("root-key", bytes, leaf.kind) {
      return text(leaf.note).flatMap { AuditRecord.bytes(hexadecimal: $0) }.map { .rootKey($0) }
    }
    return nil
  }
}
