// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation
import GRDB

extension AuditTrail {
  /// Who does something to the trail that is more than reading, when and why: it stands in the record.
  package struct Deed: Sendable, Equatable {
    /// The person, as the site names them.
    package var user: String
    /// In the person's words; no patient's data.
    package var reason: String
    /// When.
    package var time: Instant

    /// A deed of its parts.
    package init(user: String, reason: String, time: Instant) {
      self.user = user
      self.reason = reason
      self.time = time
    }

    func entry(_ kind: AuditEntry.Kind, note: String? = nil) -> AuditEntry {
      var entry = AuditEntry(time: time, kind: kind)
      entry.origin = user
      entry.reason = reason
      entry.note = note
      return entry
    }
  }

  /// Destroys the data keys of a patient: what their answers were made of cannot be read any more, their pseudonym finds nothing,
  /// and every record, checkpoint and proof stays as it is.
  ///
  /// - Returns: the number of the record that says so.
  /// - Throws: `held` while a legal hold is on the patient; `notFound` when the trail has no key of theirs. Both are on record.
  package func erase(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    try await recordingRefusal(of: .erasure, pseudonym, deed) { () async throws(AuditError) in
      try await destroyKeys(pseudonym, deed)
    }
  }

  private func destroyKeys(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    let ids = try await read { database in
      if try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM hold WHERE pseudonym = ? AND released IS NULL)",
        arguments: [Data(pseudonym)]) ?? false
      {
        throw AuditError(.held)
      }
      return try Int64.fetchAll(
        database, sql: "SELECT id FROM subject_key WHERE pseudonym = ? AND wrapped IS NOT NULL ORDER BY id",
        arguments: [Data(pseudonym)])
    }
    guard !ids.isEmpty else { throw AuditError(.notFound) }
    // The record is about no patient: it must not be found by what it destroys.
    let sequence = try await append(deed.entry(.erasure, note: ErasureNote.text(ids))) { database, _ in
      // Asked again in the transaction: a hold that came meanwhile goes before.
      try database.execute(
        sql: """
          UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id IN (\(ids.map(String.init).joined(separator: ",")))
            AND NOT EXISTS (SELECT 1 FROM hold WHERE pseudonym = ? AND released IS NULL)
          """, arguments: [Data(pseudonym)])
      if database.changesCount != ids.count { throw AuditError(.held) }
      // Whose the holds of the past were is forgotten too; that and when there were holds stays.
      try database.execute(
        sql: "UPDATE hold SET pseudonym = zeroblob(32) WHERE pseudonym = ?", arguments: [Data(pseudonym)])
      // Before the next entry is written: one that waits behind this and was sealed under the key is sealed anew.
      database.afterNextTransaction { _ in self.subjects.destroyed(ids, of: pseudonym) }
    }
    do {
      // The old page lies in the write-ahead log until that is emptied.
      try TrailStore.emptyLog(of: database)
    } catch {
      throw AuditError(.writeFailed, systemCode: Self.systemCode(of: error))
    }
    return sequence
  }

  /// Puts a legal hold on a patient: nothing of theirs is erased until it is released.
  package func hold(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    var entry = deed.entry(.hold)
    entry.patient = pseudonym
    return try await append(entry) { database, sequence in
      try database.execute(
        sql: "INSERT INTO hold (pseudonym, sequence) VALUES (?, ?)", arguments: [Data(pseudonym), sequence])
    }
  }

  /// Releases the legal holds on a patient.
  ///
  /// - Throws: `notFound` when there is none, which is on record.
  package func release(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    var entry = deed.entry(.release)
    entry.patient = pseudonym
    let asked = entry
    return try await recordingRefusal(of: .release, pseudonym, deed) { () async throws(AuditError) in
      try await append(asked) { database, sequence in
        try database.execute(
          sql: "UPDATE hold SET released = ? WHERE pseudonym = ? AND released IS NULL",
          arguments: [sequence, Data(pseudonym)])
        if database.changesCount == 0 { throw AuditError(.notFound) }
      }
    }
  }

  /// What was asked for and not done is on record as well: who, why, and the code of the refusal.
  private func recordingRefusal(
    of kind: AuditEntry.Kind, _ pseudonym: [UInt8], _ deed: Deed, _ work: () async throws(AuditError) -> Int64
  ) async throws(AuditError) -> Int64 {
    do throws(AuditError) {
      return try await work()
    } catch {
      guard [.held, .notFound].contains(error.code) else { throw error }
      var entry = deed.entry(.rejection, note: "\(kind.rawValue): \(deed.reason)")
      entry.reason = error.code.rawValue
      // Of a patient that the trail does not know no key is made to say so.
      entry.patient = error.code == .held ? pseudonym : nil
      _ = try await append(entry)
      throw error
    }
  }

  /// Reads beside the writer's queue of entries.
  private func read<Value: Sendable>(
    _ value: @escaping @Sendable (Database) throws -> Value
  ) async throws(AuditError) -> Value {
    do {
      return try await database.read(value)
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.readFailed, systemCode: Self.systemCode(of: error))
    }
  }
}
