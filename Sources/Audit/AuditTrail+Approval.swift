// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What nobody does to a patient's records alone: one person proposes it, another approves it, and both are on record
/// (`docs/decisions/0036`).
package enum Proposal: String, Sendable, CaseIterable {
  /// The patient's data keys are destroyed.
  case erasure
  /// The legal holds on a patient end, of a case or of none; or all holds of a case.
  case release
  /// The proposer reads of one record what names the patient.
  case unmasking
  /// What was kept of patients for as long as it had to be is destroyed.
  case purge

  /// How a proposal to unmask names the record.
  package static func note(of record: Int64) -> String { "record \(record)" }

  /// Hours for which an approval unmasks.
  package static let unmaskedHours = 24.0

  /// Hours after which a proposal that nobody approved has lapsed: thirty days.
  package static let openHours = 30 * 24.0

  /// Whether what a record proposes may be approved still.
  static func isOpen(_ proposal: AuditRecord, at now: Instant) -> Bool {
    now <= proposal.entry.time.advanced(byHours: openHours)
  }
}

extension AuditTrail {
  /// Puts on record what somebody asks for. What could not be done anyway is refused at once, on record as well. A release that names a case
  /// and no patient is that of the whole case.
  ///
  /// - Throws: `held`, `notFound`, `unknownPatient`; `damaged` for an entry that proposes nothing.
  func propose(_ entry: AuditEntry) async throws(AuditError) -> Int64 {
    guard let what = entry.outcome.flatMap(Proposal.init), PersonName.isName(entry.origin ?? ""),
      entry.reason?.isEmpty == false, what == .release || entry.legalCase == nil,
      entry.patient != nil || [.unmasking, .purge].contains(what) || entry.legalCase != nil,
      what != .purge || entry.instant.map({ $0 <= entry.time }) == true
    else { throw AuditError(.damaged) }
    let kind: AuditEntry.Kind = what == .erasure ? .erasure : what == .release ? .release : .proposal
    let deed = Deed(
      user: entry.origin ?? "", reason: entry.reason ?? "", time: entry.time, legalCase: entry.legalCase)
    return try await recordingRefusal(of: kind, entry.patient, deed) { () async throws(AuditError) in
      switch what {
      case .erasure: _ = try await erasableKeys(entry.patient ?? [])
      case .release: try await requireHold(entry.patient, of: entry.legalCase)
      case .unmasking, .purge: break
      }
      // One without a token would be taken for that of a whole case.
      return try await append(entry, isOfKnown: what == .release && entry.patient != nil)
    }
  }

  /// Does what another person proposed.
  ///
  /// - Returns: the number of the record that says that it was done, and by whose approval.
  /// - Parameters:
  ///   - entry: names in `outcome` what is approved, and the case where it is the release of all its holds.
  ///   - patients: those whose holds of a case end; all for nobody. For the rest it is approved again.
  /// - Throws: `notFound` when the record proposes nothing or something else, it was done, or it has lapsed; `ownDeed` for a proposal of the same person; what the doing of
  ///   it throws. All are on record. `damaged`, `treeDamaged` when it is not proved what was proposed, of whom and by whom.
  func approve(_ entry: AuditEntry, of patients: ShownPatients) async throws(AuditError) -> Int64 {
    guard let number = entry.proposal, let user = entry.origin, PersonName.isName(user) else {
      throw AuditError(.damaged)
    }
    let record: AuditRecord?
    do throws(AuditError) {
      record = try provenProposal(number)
    } catch {
      // Whose it was is what is not proved.
      let asked = Deed(user: user, reason: "proposal \(number)", time: entry.time, legalCase: nil)
      try await recordRefusal(of: .approval, nil, asked, error.code)
      throw error
    }
    let proposal = record?.entry
    var deed = Deed(
      user: user, reason: proposal?.reason ?? "proposal \(number)", time: entry.time, legalCase: proposal?.legalCase)
    deed.proposal = number
    let asked = deed
    let what = try await recordingRefusal(of: .approval, proposal?.patient, asked) { () async throws(AuditError) in
      try approvable(entry, record)
    }
    let patient = proposal?.patient ?? []
    switch what {
    case .erasure: return try await erase(patient, asked)
    case .release where record?.proposesReleaseOfCase == true: return try await releaseCase(asked, of: patients)
    case .release: return try await release(patient, asked)
    case .purge:
      return try await recordingRefusal(of: .erasure, nil, asked) { () async throws(AuditError) in
        try await purge(before: proposal?.instant ?? asked.time, client: proposal?.client, asked)
      }
    case .unmasking:
      var approval = asked.entry(.approval, note: proposal?.note)
      approval.outcome = what.rawValue
      approval.patient = proposal?.patient
      return try await append(approval)
    }
  }

  /// A record as it was signed, as far as the stored hashes are: who edits a proposal would have another do what nobody proposed, or
  /// approve a deed of their own. Nil where there is none.
  ///
  /// - Throws: `damaged` where it is not, or another patient stands beside it than the one whose token it bears.
  private func provenProposal(_ number: Int64) throws(AuditError) -> AuditRecord? {
    try read { database -> AuditRecord? in
      guard let record = try StoredRecord.record(number, database) else { return nil }
      let leaves = try database.query("SELECT leaf FROM record WHERE sequence = ?", [.number(number)]) { $0.bytes(0) }
      guard let leaf = leaves.first ?? nil, try StoredRecord.isInTree(leaf, at: number, database) else {
        throw AuditError(.damaged, sequence: number)
      }
      // Beside a token no patient stands in the row: who they are says the data key alone.
      if record.subject != nil {
        let own = try database.query("SELECT patient, subject FROM record WHERE sequence = ?", [.number(number)]) {
          $0.bytes(0) == nil && $0.number(1) != nil
        }
        guard own.first == true else { throw AuditError(.damaged, sequence: number) }
      }
      // A key that does not open is refused by what is to be done with it, on record.
      if let key = try? StoredRecord.key(of: number, database, subjects.root), key.token != record.subject {
        throw AuditError(.damaged, sequence: number)
      }
      return record
    }
  }

  /// What is proposed and waits for this person: what the approval names, not done yet, and not too long ago.
  private func approvable(_ approval: AuditEntry, _ record: AuditRecord?) throws(AuditError) -> Proposal {
    let number = approval.proposal ?? 0
    guard let record, record.entry.kind == .proposal, let what = record.entry.outcome.flatMap(Proposal.init),
      approval.outcome == record.entry.outcome,
      approval.legalCase == (record.proposesReleaseOfCase ? record.entry.legalCase : nil),
      Proposal.isOpen(record, at: approval.time)
    else { throw AuditError(.notFound, sequence: number) }
    // Of the release of a case the holds that are left say so, when they are ended.
    if !record.proposesReleaseOfCase, try isDone(record.sequence) {
      throw AuditError(.notFound, sequence: number)
    }
    guard !PersonName.isSame(approval.origin ?? "", record.entry.origin ?? "") else {
      throw AuditError(.ownDeed, sequence: number)
    }
    return what
  }

  /// Whether a later record says that what was proposed was done.
  private func isDone(_ proposal: Int64) throws(AuditError) -> Bool {
    let kinds: [AuditEntry.Kind] = [.erasure, .release, .approval]
    var later = BlockSearch()
    later.groups = [kinds.map { SearchTerm(.kind, $0.rawValue) }]
    later.sequences = (proposal + 1)..<Int64.max
    later.isWanted = { kinds.contains($0.entry.kind) && $0.entry.proposal == proposal }
    return try !later.first(1) { work throws(AuditError) in try read(work) }.isEmpty
  }

  /// Makes sure that there is something to release: a hold of the case, or of none, on the patient or, for nil, on anybody.
  ///
  /// - Throws: `unknownPatient`, `notFound`.
  private func requireHold(_ pseudonym: [UInt8]?, of legalCase: String?) async throws(AuditError) {
    let isThere = try read { database in
      guard let pseudonym else { return try !LegalHold.patients(of: legalCase, most: 1, in: database).isEmpty }
      return try !LegalHold.inForce(on: pseudonym, of: legalCase, in: database).isEmpty
    }
    guard !isThere else { return }
    if let pseudonym { try await requireKey(of: pseudonym) }
    throw AuditError(.notFound)
  }
}

extension AuditReader {
  /// The approval by which a person may read of a record what names its patient: another person's, of what this one proposed, and not
  /// older than a day; nil where there is none.
  package func unmasking(
    of sequence: Int64, for user: String, at now: Instant
  ) throws(AuditError) -> AuditRecord? {
    let note = Proposal.note(of: sequence)
    var approvals = BlockSearch()
    approvals.groups = [[SearchTerm(.kind, AuditEntry.Kind.approval.rawValue)]]
    approvals.since = now.advanced(byHours: -Proposal.unmaskedHours).milliseconds
    approvals.isWanted = { record in
      record.entry.kind == .approval && record.entry.outcome == Proposal.unmasking.rawValue && record.entry.note == note
        && record.entry.time <= now
    }
    for approval in try approvals.first(.max, read: { work throws(AuditError) in try read(work) }) {
      guard let number = approval.entry.proposal,
        let proposal = try read({ try StoredRecord.record(number, $0) })?.entry,
        PersonName.isSame(proposal.origin ?? "", user), !PersonName.isSame(approval.entry.origin ?? "", user)
      else { continue }
      return approval
    }
    return nil
  }
}
