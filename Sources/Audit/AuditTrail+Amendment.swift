// SPDX-License-Identifier: Apache-2.0

extension AuditTrail {
  /// Puts on record what a person says is right instead of what a record says. That record stays as it is (21 CFR 11.10(e)), and the
  /// amendment lies under its data key: it is found with its patient and goes with an erasure.
  ///
  /// - Parameter entry: names in `amends` the record; whose it is the record says.
  /// - Throws: `notFound` when there is no such record; `erased` when its patient was; `notAmendable` when it is about nobody, or itself an
  ///   amendment. All are on record. `damaged` for an entry that amends nothing.
  func amend(_ entry: AuditEntry) async throws(AuditError) -> Int64 {
    guard let number = entry.amends, let user = entry.origin, let reason = entry.reason, RecordedText.isName(user),
      RecordedText.isText(reason)
    else { throw AuditError(.damaged) }
    let record = try await reading { trail in try trail.read { try StoredRecord.record(number, $0) } }
    // A refusal has no other word of the record that was meant.
    let asked = Deed(user: user, reason: "record \(number): \(reason)", time: entry.time)
    return try await recordingRefusal(of: .amendment, record?.entry.patient, asked) { () async throws(AuditError) in
      let key = try await amendable(record, number)
      guard let text = entry.payload?.amendment, RecordedText.isText(text) else { throw AuditError(.damaged) }
      var said = Deed(user: user, reason: reason, time: entry.time).entry(.amendment)
      said.amends = number
      said.patient = record?.entry.patient
      // Found as its record is, where a search or a purge asks for a client or a unit.
      said.client = record?.entry.client
      said.unit = record?.entry.unit
      said.payload = AuditPayload(amendment: text)
      return try await append(said, under: key, before: isShared ? ContinuousClock.now + directory.patience : nil)
    }
  }

  /// The data key of a record that can be amended.
  private func amendable(_ record: AuditRecord?, _ number: Int64) async throws(AuditError) -> SubjectKey {
    guard let record else { throw AuditError(.notFound, sequence: number) }
    guard record.entry.kind != .amendment else { throw AuditError(.notAmendable, sequence: number) }
    if let key = try await self.key(of: number) { return key }
    // A record about somebody bears their token for ever, and one of before data keys their pseudonym: of that which kept something it lay
    // under a key.
    let hadKey = record.subject == nil ? record.entry.patient != nil && record.commitment != nil : !record.isOfNobody
    throw AuditError(hadKey ? .erased : .notAmendable, sequence: number)
  }

  private func key(of number: Int64) async throws(AuditError) -> SubjectKey? {
    try await reading { trail in
      let root = trail.subjects.root
      let key = try trail.read { try StoredRecord.key(of: number, $0, root) }
      return key.flatMap { trail.subjects.isDestroyed($0) ? nil : $0 }
    }
  }

  /// What another process asks for, with the text that it sealed. Without, where no key opens it: why there is none is found out, and put on
  /// record, when it is done.
  func opened(_ asked: InboxRequest) async -> AuditEntry {
    var entry = asked.entry
    if let sealed = asked.payload, let number = entry.amends, let key = try? await self.key(of: number) {
      entry.payload = sealed.opened(under: key)
    }
    return entry
  }
}
