// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// Reads records out of the tables, each checked against itself.
enum StoredRecord {
  /// What `record(_:)` needs of a row.
  static let select = """
    SELECT sequence, leaf, coalesce(record.patient, subject_key.pseudonym) AS pseudonym
    FROM record LEFT JOIN subject_key ON subject_key.id = record.subject
    """

  /// The record of a row, without its payload.
  static func record(_ row: Row) throws(AuditError) -> AuditRecord {
    let sequence: Int64 = row["sequence"]
    let leaf: Data = row["leaf"]
    guard var record = AuditRecord(leaf: Array(leaf)), record.sequence == sequence else {
      throw AuditError(.damaged, sequence: sequence)
    }
    if record.subject != nil, let pseudonym: Data = row["pseudonym"], Array(pseudonym) != SubjectKeyring.nobody {
      record.entry.patient = Array(pseudonym)
    }
    return record
  }

  /// What the record was made of; nil for a record without.
  ///
  /// - Throws: `erased`, `keyUnusable`, `damaged`.
  static func payload(of record: AuditRecord, _ database: Database, _ root: RootKey?) throws -> AuditPayload? {
    guard let commitment = record.commitment else { return nil }
    let damaged = AuditError(.damaged, sequence: record.sequence)
    guard
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT encoding, bytes, subject_key.id AS subject, wrapped
          FROM payload LEFT JOIN subject_key ON subject_key.id = payload.subject WHERE sequence = ?
          """, arguments: [record.sequence])
    else { throw damaged }
    let bytes: Data = row["bytes"]
    if row["encoding"] == 1 {
      guard let payload = SealedPayload.read(Array(bytes), commitment: commitment) else { throw damaged }
      return payload
    }
    guard let subject: Int64 = row["subject"] else { throw damaged }
    guard let wrapped: Data = row["wrapped"] else { throw AuditError(.erased, sequence: record.sequence) }
    guard let root else { throw AuditError(.keyUnusable) }
    let key = try root.unwrap(Array(wrapped), id: subject)
    guard let payload = SealedPayload.open(Array(bytes), under: key, commitment: commitment) else { throw damaged }
    return payload
  }
}
