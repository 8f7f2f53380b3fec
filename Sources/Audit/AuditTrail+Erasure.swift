// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import FHIR

extension AuditTrail {
  /// Who does something to the trail that is more than reading, when and why: it stands in the record.
  package struct Deed: Sendable, Equatable {
    /// The person, as the site names them.
    package var user: String
    /// In the person's words; no patient's data.
    package var reason: String
    /// When.
    package var time: Instant
    /// Name of the case that a hold or its release belongs to.
    package var legalCase: String?
    /// Number of the record in which another person proposed it.
    var proposal: Int64?

    /// A deed of its parts.
    package init(user: String, reason: String, time: Instant, legalCase: String? = nil) {
      self.user = user
      self.reason = reason
      self.time = time
      self.legalCase = legalCase
    }

    func entry(_ kind: AuditEntry.Kind, note: String? = nil) -> AuditEntry {
      var entry = AuditEntry(time: time, kind: kind)
      entry.origin = user
      entry.reason = reason
      entry.note = note
      entry.proposal = proposal
      entry.legalCase = legalCase
      return entry
    }
  }

  /// Destroys the data keys of a patient: what their answers were made of cannot be read any more, their pseudonym finds nothing,
  /// and every record, checkpoint and proof stays as it is.
  ///
  /// - Returns: the number of the record that says so.
  /// - Throws: `held` while a legal hold is on the patient; `unknownPatient` when the trail has no key of theirs; `keyChanged` when it cannot
  ///   be said whose a key is. All are on record.
  func erase(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    try await recordingRefusal(of: .erasure, pseudonym, deed) { () async throws(AuditError) in
      try await destroyKeys(pseudonym, deed)
    }
  }

  /// Numbers of a patient's living keys.
  ///
  /// - Throws: `held` while a legal hold is on the patient; `unknownPatient` when there is none, and it is sure that there is none;
  ///   `keyChanged`.
  func erasableKeys(_ pseudonym: [UInt8]) async throws(AuditError) -> [Int64] {
    // All keys are looked at, on a connection of its own and a thread that may wait for the disk.
    let ids = await withCheckedContinuation { (done: CheckedContinuation<Result<[Int64], any Error>, Never>) in
      DispatchQueue.global().async { [directory, subjects] in
        done.resume(
          returning: Result {
            try directory.openForReading().read { database in
              try Self.refuseHeld(pseudonym, in: database)
              try subjects.confirmAll(in: database)
              return try database.query(
                "SELECT id FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL ORDER BY id",
                [.bytes(pseudonym)]
              ) { $0.number(0) ?? 0 }
            }
          })
      }
    }
    do {
      let found = try ids.get()
      guard !found.isEmpty else { throw AuditError(.unknownPatient) }
      return found
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  private func destroyKeys(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    do throws(AuditError) {
      return try await destroy(try await erasableKeys(pseudonym), of: pseudonym, deed)
    } catch  where error.code == .inUse {
      // Another process has stored a key since they were looked at: once more, with that.
      return try await destroy(try await erasableKeys(pseudonym), of: pseudonym, deed)
    }
  }

  private func destroy(_ ids: [Int64], of pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    // The record is about no patient: it must not be found by what it destroys.
    let sequence = try await append(deed.entry(.erasure, note: ErasureNote.text(ids))) { database, _ in
      // Asked again in the transaction: a hold that came meanwhile goes before.
      try Self.refuseHeld(pseudonym, in: database)
      for id in ids {
        let destroyed = try database.change(
          """
          UPDATE subject_key SET pseudonym = NULL, wrapped = NULL
          WHERE id = ? AND pseudonym = ? AND wrapped IS NOT NULL
          """, [.number(id), .bytes(pseudonym)])
        if destroyed == 0 { throw AuditError(.notFound) }
      }
      // The record names all of them, or nothing is destroyed.
      let others = try database.number(
        "SELECT count(*) FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL", [.bytes(pseudonym)])
      if others != 0 { throw AuditError(.inUse) }
      // Whose the holds of the past were is forgotten too; that and when there were holds stays.
      try database.execute(
        "UPDATE hold SET pseudonym = ? WHERE pseudonym = ?", [.bytes(SubjectKeyring.nobody), .bytes(pseudonym)])
    }
    // Done, and on the disk. The old page lies in the write-ahead log until that is emptied.
    await wipe()
    return sequence
  }

  /// Refusals of what a person asked for, and no failures of the store.
  private static let recorded: [AuditError.Code] = [
    .held, .notFound, .unknownPatient, .ownDeed, .inUse, .keyChanged, .erased, .notAmendable,
  ]

  /// What was asked for and not done is on record as well: who, why, and the code of the refusal.
  func recordingRefusal<Value>(
    of what: AuditEntry.Kind, _ pseudonym: [UInt8]?, _ deed: Deed, _ work: () async throws(AuditError) -> Value
  ) async throws(AuditError) -> Value {
    do throws(AuditError) {
      return try await work()
    } catch {
      guard Self.recorded.contains(error.code) else { throw error }
      try await recordRefusal(of: what, pseudonym, deed, error.code)
      throw error
    }
  }

  /// Puts on record that what a person asked for was refused.
  func recordRefusal(
    of what: AuditEntry.Kind, _ pseudonym: [UInt8]?, _ deed: Deed, _ code: AuditError.Code
  ) async throws(AuditError) {
    var entry = deed.entry(.rejection, note: "\(what.rawValue): \(deed.reason)")
    entry.reason = code.rawValue
    // Of a patient that the trail does not know, or not any more, no key is made to say so, and one that was changed is not used.
    entry.patient = [.notFound, .unknownPatient, .keyChanged, .erased].contains(code) ? nil : pseudonym
    _ = try await append(entry)
  }
}
