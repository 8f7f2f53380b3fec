// SPDX-License-Identifier: Apache-2.0

/// The patients on whom a case puts a legal hold by criteria: those of whom something was recorded that a search finds and whom the trail
/// still knows. A reading by a person is no such record, or a list of many would hold them all; nor is an amendment, which says what is right
/// of another. Found from proved records alone, so that no edited column or index leaves anybody out; a record that is damaged keeps nobody
/// else from being held, and is named (`docs/decisions/0056`).
package struct HoldScope: Sendable {
  /// Those on whom there is no hold of the case yet, or only one whose end is proposed.
  package let patients: ShownPatients
  /// How many are held for the case already, whatever is approved of what was proposed.
  package let held: Int
  /// Records that may be of others: nothing proves what they say, or whose they are.
  package let damaged: RecordRuns
  /// Records that were looked at: who is held by a later one was not before.
  package let size: Int64

  /// Looks through a trail.
  ///
  /// - Parameters:
  ///   - search: which records are meant.
  ///   - legalCase: name of the case.
  ///   - log: the log's key at its beginning.
  ///   - signer: the log's key that the folder has now; nil for none. The record that says that the log signs with it may be damaged.
  ///   - progress: called with the records looked at and how many there are.
  /// - Throws: what a report throws; `damaged` and `treeDamaged` only where it cannot be said which records are damaged.
  package init(
    of trail: AuditReader, _ search: AuditReader.Search, legalCase: String, log: NoteKey, signer: NoteKey?,
    progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(AuditError) {
    let records = try Self.records(of: trail, search, legalCase, log, signer, progress)
    let (living, holding) = try trail.read { database in
      var living: Set<[UInt8]> = []
      let keys = try database.rows("SELECT id, pseudonym FROM subject_key WHERE wrapped IS NOT NULL", [])
      while let key = try keys.next() {
        guard let id = key.number(0), !records.destroyed.contains(id), let pseudonym = key.bytes(1) else { continue }
        if records.found.contains(pseudonym) { living.insert(pseudonym) }
      }
      var holding: Set<[UInt8]> = []
      let holds = try database.rows("SELECT sequence, pseudonym FROM hold WHERE released IS NULL", [])
      while let hold = try holds.next() {
        guard let sequence = hold.number(0), let pseudonym = hold.bytes(1), records.holds[sequence] == pseudonym else {
          continue
        }
        // One that was there when its end was proposed ends once somebody approves that, and keeps nobody.
        let proposed = max(records.proposals[nil] ?? 0, records.proposals[pseudonym] ?? 0)
        if sequence > proposed { holding.insert(pseudonym) }
      }
      return (living, holding)
    }
    let rest = living.subtracting(holding)
    held = living.count - rest.count
    // By their pseudonyms: the order in which they are held tells nothing.
    patients = ShownPatients(pseudonyms: rest.sorted { $0.lexicographicallyPrecedes($1) })
    damaged = RecordRuns(records.damaged)
    size = records.size
  }

  /// What the records say, all of them.
  private struct Records {
    /// Of whom one is that is meant.
    var found: Set<[UInt8]> = []
    /// The newest proposals of releasing: of patients, and for nil of the whole case, or of somebody of whom nobody can say who.
    var proposals: [[UInt8]?: Int64] = [:]
    /// By the numbers of the records that put holds of the case on, on whom: one that cannot be read keeps nobody.
    var holds: [Int64: [UInt8]] = [:]
    /// Numbers of the data keys that were destroyed.
    var destroyed: Set<Int64> = []
    /// Numbers of those that may be meant, and are damaged.
    var damaged: [Int64] = []
    /// How many were looked at.
    private(set) var size: Int64 = 0
    /// The first one that is meant under each data key that is gone.
    private var gone: [Int64: Int64] = [:]

    init(
      of trail: AuditReader, _ search: AuditReader.Search, _ legalCase: String, _ log: NoteKey, _ signer: NoteKey?,
      passesOverDamage: Bool, _ progress: (Int64, Int64) -> Void
    ) throws(AuditError) {
      let head = try trail.head()
      var proven = try ProvenRecords(
        head, log: log, root: trail.root, passesOverDamage: passesOverDamage, signer: signer)
      while let page = try trail.read({ try proven.next($0) }) {
        for shown in page { look(at: shown, search, legalCase) }
        progress(proven.size, Checkpoint(text: head.text)?.size ?? proven.size)
      }
      // Whoever it is of: once it is restored it may be approved.
      for record in proven.unprovenProposals where record.proposesRelease(of: legalCase) {
        proposals[nil] = max(proposals[nil] ?? 0, record.sequence)
      }
      // Of what is gone without a record that says so nobody knows whose it is.
      let hidden = proven.lost.keys.compactMap { gone[$0] }
      damaged += proven.unproven + hidden
      size = proven.size
    }

    private mutating func look(at shown: ProvenRecords.Proven, _ search: AuditReader.Search, _ legalCase: String) {
      let record = shown.record
      let person: [UInt8]? = if case .pseudonym(let patient)? = shown.person { patient } else { nil }
      if record.entry.kind == .erasure { destroyed.formUnion(ErasureNote.keys(in: record.entry.note ?? "")) }
      if record.entry.kind == .hold, record.entry.legalCase == legalCase { holds[record.sequence] = person }
      if record.proposesRelease(of: legalCase), person != nil || record.proposesReleaseOfCase || !shown.isPersonProven {
        proposals[person] = record.sequence
      }
      guard record.commitment != nil, record.entry.kind != .amendment, search.includes(record) else { return }
      if !shown.isPersonProven {
        damaged.append(record.sequence)
      } else if let person {
        found.insert(person)
      } else if case .key(let id)? = shown.person, gone[id] == nil {
        gone[id] = record.sequence
      }
    }
  }

  /// All of them; where one is damaged, those that are not. Without the root key nothing proves whose a record is, and then none is passed
  /// over.
  private static func records(
    of trail: AuditReader, _ search: AuditReader.Search, _ legalCase: String, _ log: NoteKey,
    _ signer: NoteKey?, _ progress: (Int64, Int64) -> Void
  ) throws(AuditError) -> Records {
    do throws(AuditError) {
      return try Records(of: trail, search, legalCase, log, signer, passesOverDamage: false, progress)
    } catch {
      // `keyChanged`: a data key in a form that a record forbids.
      guard [.damaged, .treeDamaged, .keyChanged].contains(error.code), trail.root != nil else { throw error }
      return try Records(of: trail, search, legalCase, log, signer, passesOverDamage: true, progress)
    }
  }

  /// How many patients would be held, for people: of few it is not told how many.
  package var countText: String { SmallCell.text(patients.pseudonyms.count) }
  /// How many are held already, in the same way.
  package var heldText: String { SmallCell.text(held) }
}

extension AuditReader {
  /// The patients on whom there is a legal hold of a case; of no case for nil. One that cannot be read is of none.
  ///
  /// - Parameter sequence: only holds that later records put on.
  package func patientsHeld(for legalCase: String?, after sequence: Int64 = 0) throws(AuditError) -> Set<[UInt8]> {
    let patients = try read { database in
      try LegalHold.patients(of: legalCase, passesOverDamage: true, in: database) { $0.sequence > sequence }
    }
    return Set(patients)
  }

  /// The patients whose holds the approval of a whole case's release ends; nobody where nothing of the kind waits.
  func patientsToRelease(by approval: AuditEntry) throws(AuditError) -> ShownPatients {
    guard let number = approval.proposal, let legalCase = approval.legalCase else { return ShownPatients() }
    return try read { database in
      guard let record = try StoredRecord.record(number, database), record.proposesReleaseOfCase,
        record.entry.legalCase == legalCase, Proposal.isOpen(record, at: approval.time)
      else { return ShownPatients() }
      let patients = try LegalHold.patients(of: legalCase, in: database) { $0.sequence < number }
      return ShownPatients(pseudonyms: patients)
    }
  }

  /// Whether a record proposes the release of a whole case, and holds are left that it is about.
  package func isReleaseUnfinished(_ proposal: Int64) throws(AuditError) -> Bool {
    try read { database in
      guard let record = try StoredRecord.record(proposal, database), record.proposesReleaseOfCase else { return false }
      let left = try LegalHold.patients(of: record.entry.legalCase, most: 1, in: database) { $0.sequence < proposal }
      return !left.isEmpty
    }
  }
}
