// SPDX-License-Identifier: Apache-2.0

extension AuditTrail {
  /// Whether something is still to be done, asked in the transaction in which it would be.
  typealias IsDue = @Sendable (any TrailDatabase) throws -> Bool

  /// One caller's entry on its way to the disk, with what is derived from it. Nothing of it changes any more: the caller makes it, the
  /// writer's queue passes it on, and nobody copies it.
  final class Waiting: Sendable {
    /// Told the record's number, or why there is none.
    typealias Answer = @Sendable (Result<Int64, AuditError>) -> Void
    /// Without its payload; a patient is named only where there is a key.
    let entry: AuditEntry
    let subject: SubjectKey?
    let payload: SealedPayload?
    /// The leaf, but for its sequence number.
    let leaf: [UInt8]
    /// What the record is found by.
    let terms: [SearchTerm]
    /// Runs in the entry's transaction, after it was inserted: what the entry says was done.
    let deed: Doing?
    /// Whether it is still to be done, asked in the entry's transaction; where not, nothing is recorded.
    let isDue: IsDue?
    /// Whether the deed may be refused.
    private let isRefusable: Bool
    /// When its caller goes away; nil where a disk is waited for, or a deed of a person, which may be long.
    let deadline: ContinuousClock.Instant?
    let answer: Answer

    /// An entry with what is derived from it.
    init(
      _ given: AuditEntry, subject: SubjectKey?, payload: SealedPayload? = nil, deed: Doing? = nil,
      isDue: IsDue? = nil, isRefusable: Bool = true, deadline: ContinuousClock.Instant? = nil,
      answer: @escaping Answer = { _ in }
    ) {
      var entry = given
      if entry.kind == .start { entry.wrapVersion = Int64(RootKey.wrapVersion) }
      // A pseudonym without a key must not enter the leaf: it would still find the patient after an erasure.
      if subject == nil { entry.patient = nil }
      if payload != nil { entry.payload = nil }
      leaf = AuditRecord.leaf(
        of: entry, commitment: payload?.commitment, sealedDigest: payload?.digest, subject: subject?.token)
      terms = SearchTerm.terms(of: entry, subject: subject?.id)
      self.entry = entry
      self.subject = subject
      self.payload = payload
      self.deed = deed
      self.isDue = isDue
      self.isRefusable = isRefusable
      self.deadline = deadline
      self.answer = answer
    }

    /// Whether it has a transaction of its own: when its deed is refused, nothing else is.
    var isAlone: Bool { deed != nil && isRefusable }

    func isLate(at now: ContinuousClock.Instant) -> Bool { deadline.map { $0 <= now } ?? false }
  }
}
