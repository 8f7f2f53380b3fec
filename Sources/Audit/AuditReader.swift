// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation
import GRDB

/// The reading end of the trail: works beside a running service, writes nothing, and checks what it reads.
package struct AuditReader: Sendable {
  /// Which records are wanted; an absent member does not restrict.
  package struct Filter: Sendable, Equatable {
    /// Only records of this kind.
    package var kind: AuditEntry.Kind?
    /// Only records of this service.
    package var service: String?
    /// Only records of this firing of a hook.
    package var hookInstance: String?
    /// Pseudonym of the patient.
    package var patient: [UInt8]?
    /// Only records made at or after this moment.
    package var since: Instant?
    /// Only records before this sequence number: the last one of a page gives the next page, whatever is written meanwhile.
    package var before: Int64?

    /// A filter that lets every record through.
    package init() {}
  }

  private let database: DatabaseQueue

  /// Opens the trail of `directory`.
  ///
  /// - Throws: `readFailed` when there is none or it cannot be read, `newerSchema`.
  package init(directory: DataDirectory) throws(AuditError) {
    guard FileManager.default.fileExists(atPath: directory.trail) else { throw AuditError(.readFailed) }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(2)
    do {
      database = try DatabaseQueue(path: directory.trail, configuration: configuration)
      if try database.read(TrailSchema.migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.readFailed, systemCode: AuditTrail.systemCode(of: error))
    }
  }

  /// The newest records first, without payloads.
  package func list(_ filter: Filter = Filter(), limit: Int) throws(AuditError) -> [AuditRecord] {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      arguments += [value]
    }
    require("kind = ?", filter.kind?.rawValue)
    require("service = ?", filter.service)
    require("hook_instance = ?", filter.hookInstance)
    require("patient = ?", filter.patient.map { Data($0) })
    require("time >= ?", filter.since?.milliseconds)
    require("sequence < ?", filter.before)
    let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    arguments += [limit]
    return try records(
      "SELECT sequence, leaf FROM record \(condition) ORDER BY sequence DESC LIMIT ?", arguments, withPayload: false)
  }

  /// One record with its payload.
  ///
  /// - Throws: `notFound`; `damaged` when leaf, columns or payload do not agree.
  package func record(_ sequence: Int64) throws(AuditError) -> AuditRecord {
    let found = try records(
      "SELECT sequence, leaf FROM record WHERE sequence = ?", [sequence], withPayload: true)
    guard let record = found.first else { throw AuditError(.notFound, sequence: sequence) }
    return record
  }

  /// The answers with a payload after `sequence`, oldest first: what a replay runs again, a page at a time.
  package func answers(after sequence: Int64, limit: Int) throws(AuditError) -> [AuditRecord] {
    try records(
      "SELECT sequence, leaf FROM record WHERE sequence > ? AND kind = ? ORDER BY sequence LIMIT ?",
      [sequence, AuditEntry.Kind.answer.rawValue, limit], withPayload: true)
  }

  private func records(
    _ sql: String, _ arguments: StatementArguments, withPayload: Bool
  ) throws(AuditError) -> [AuditRecord] {
    do {
      return try database.read { database in
        try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
          try Self.record(row, database, withPayload: withPayload)
        }
      }
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.readFailed, systemCode: AuditTrail.systemCode(of: error))
    }
  }

  private static func record(_ row: Row, _ database: Database, withPayload: Bool) throws -> AuditRecord {
    let sequence: Int64 = row["sequence"]
    let leaf: Data = row["leaf"]
    guard var record = AuditRecord(leaf: Array(leaf)), record.sequence == sequence else {
      throw AuditError(.damaged, sequence: sequence)
    }
    guard withPayload, let commitment = record.commitment else { return record }
    guard
      let stored = try Data.fetchOne(
        database, sql: "SELECT bytes FROM payload WHERE sequence = ? AND encoding = 1", arguments: [sequence]),
      let bytes = Deflate.decompress(Array(stored)), AuditPayload.commitment(to: bytes) == commitment,
      let payload = AuditPayload(bytes: bytes)
    else { throw AuditError(.damaged, sequence: sequence) }
    record.entry.payload = payload
    return record
  }
}
