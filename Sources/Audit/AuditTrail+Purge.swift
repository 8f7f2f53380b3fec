// SPDX-License-Identifier: Apache-2.0
import Dispatch
import FHIR

extension AuditTrail {
  /// Keys that one record destroys, and one transaction; more where one patient has more.
  private static let keysInPurge = 1000

  /// Destroys the data keys of patients of whom nothing was recorded since a moment, so that what was kept of them cannot be read any
  /// more; records, checkpoints and proofs stay. Each record of kind `erasure` says which keys. One that is cut short between two has
  /// destroyed what its records say.
  ///
  /// - Returns: the number of the last record.
  /// - Throws: `notFound` when there are none; `held`, `inUse` when a hold or an answer came between the looking and the doing.
  func purge(before cutoff: Instant, client: String?, _ deed: Deed) async throws(AuditError) -> Int64 {
    let retention = try await retention(before: cutoff, client: client)
    var rest = retention.patients[...]
    var sequence: Int64?
    while !rest.isEmpty {
      var together: [[Int64]] = []
      var count = 0
      while let keys = rest.first, together.isEmpty || count + keys.count <= Self.keysInPurge {
        together.append(keys)
        count += keys.count
        rest = rest.dropFirst()
      }
      let patients = together
      var entry = deed.entry(.erasure, note: ErasureNote.text(patients.flatMap(\.self)))
      entry.outcome = Proposal.purge.rawValue
      entry.instant = cutoff
      entry.client = client
      sequence = try await append(entry) { [subjects] database, _ in
        for keys in patients { try Self.destroy(keys, unusedSince: retention.records, in: database, subjects) }
      }
    }
    guard let sequence else { throw AuditError(.notFound) }
    await wipe()
    return sequence
  }

  /// Looks through the trail on a thread that may wait for the disk.
  private func retention(before cutoff: Instant, client: String?) async throws(AuditError) -> Retention {
    let result = await withCheckedContinuation { done in
      DispatchQueue.global().async { [directory] in
        done.resume(
          returning: Result { () throws(AuditError) in
            try Retention(
              of: try AuditReader(directory: directory), before: cutoff, client: client, log: try directory.loadLogKey()
            )
          })
      }
    }
    return try result.get()
  }

  /// Destroys the keys of one patient, all of them.
  private static func destroy(
    _ ids: [Int64], unusedSince sequence: Int64, in database: any TrailDatabase, _ subjects: SubjectKeyring
  ) throws {
    var owner: [UInt8]?
    for id in ids {
      let found = try database.query(
        "SELECT pseudonym, wrapped FROM subject_key WHERE id = ? AND wrapped IS NOT NULL", [.number(id)]
      ) { (pseudonym: $0.bytes(0), wrapped: $0.bytes(1)) }
      guard let key = found.first, let pseudonym = key.pseudonym, owner == nil || owner == pseudonym else {
        throw AuditError(.notFound)
      }
      try subjects.confirm(key.wrapped ?? [], id: id, of: pseudonym)
      owner = pseudonym
    }
    guard let pseudonym = owner else { throw AuditError(.notFound) }
    try refuseHeld(pseudonym, in: database)
    // Under whichever of the patient's keys.
    let later = try database.number(
      """
      SELECT count(*) FROM payload WHERE sequence > ? AND subject IN (SELECT id FROM subject_key WHERE pseudonym = ?)
      """, [.number(sequence), .bytes(pseudonym)])
    guard later == 0 else { throw AuditError(.inUse) }
    for id in ids {
      try database.execute("UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = ?", [.number(id)])
    }
    // The record names all of them, or nothing is destroyed: with one left the patient is not forgotten, nor are the holds.
    let others = try database.number(
      "SELECT count(*) FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL", [.bytes(pseudonym)])
    guard others == 0 else { throw AuditError(.inUse) }
    try database.execute(
      "UPDATE hold SET pseudonym = ? WHERE pseudonym = ?", [.bytes(SubjectKeyring.nobody), .bytes(pseudonym)])
  }
}
