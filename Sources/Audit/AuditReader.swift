// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation

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

  private let store: any TrailStore
  /// Opens payloads; a reader without the file sees everything else.
  let root: RootKeyring?
  private let tombstones = Tombstones()

  /// Opens the trail of `directory`.
  ///
  /// - Parameter patience: how long PostgreSQL may take for an answer; a person who looks through a whole trail waits longer.
  /// - Throws: `readFailed` when there is none or it cannot be read, `newerSchema`, `olderSchema`; `keyUnusable` when the root key
  ///   is there and not to be used.
  package init(directory: DataDirectory, patience: Duration = .seconds(60)) throws(AuditError) {
    root = try directory.loadRootKeyIfPresent()
    do {
      store = try directory.openForReading(patience: patience)
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
  }

  /// The newest records first, without payloads.
  package func list(_ filter: Filter = Filter(), limit: Int) throws(AuditError) -> [AuditRecord] {
    var search = Search()
    search.filter = filter
    return try find(search, limit: limit)
  }

  /// One record with its payload.
  ///
  /// - Throws: `notFound`; `damaged` when leaf, columns or payload do not agree.
  package func record(_ sequence: Int64) throws(AuditError) -> AuditRecord {
    let found = try records(
      "\(StoredRecord.select) WHERE sequence = ?", [.number(sequence)], withPayload: true)
    guard let record = found.first else { throw AuditError(.notFound, sequence: sequence) }
    return record
  }

  /// One record without its payload.
  ///
  /// - Throws: `notFound`, `damaged`.
  package func find(one sequence: Int64) throws(AuditError) -> AuditRecord {
    guard let found = try read({ try StoredRecord.record(sequence, $0) }) else {
      throw AuditError(.notFound, sequence: sequence)
    }
    return found
  }

  /// Records of a kind made at or after a moment, oldest first and without payloads, a page at a time.
  package func records(
    _ kinds: [AuditEntry.Kind], since: Instant, after sequence: Int64, limit: Int
  ) throws(AuditError) -> [AuditRecord] {
    var search = BlockSearch()
    search.groups = [kinds.map { SearchTerm(.kind, $0.rawValue) }]
    search.since = since.milliseconds
    search.sequences = (sequence + 1)..<Int64.max
    search.isAscending = true
    search.isWanted = { kinds.contains($0.entry.kind) }
    return try search.first(limit) { work throws(AuditError) in try read(work) }
  }

  /// The answers after `sequence`, oldest first, with what they were made of where the patient was not erased: what a replay runs again,
  /// a page at a time.
  package func answers(after sequence: Int64, limit: Int) throws(AuditError) -> [AuditRecord] {
    try records(
      "\(StoredRecord.select) WHERE sequence > ? AND kind = ? ORDER BY sequence LIMIT ?",
      [.number(sequence), .text(AuditEntry.Kind.answer.rawValue), .number(Int64(limit))], withPayload: true,
      isErasedLeftOut: true)
  }

  private func records(
    _ sql: String, _ values: [TrailValue], withPayload: Bool, isErasedLeftOut: Bool = false
  ) throws(AuditError) -> [AuditRecord] {
    let destroyed = withPayload ? try destroyedKeys() : []
    return try read { database in
      try database.query(sql, values) { row in
        var record = try StoredRecord.record(row)
        guard withPayload else { return record }
        do {
          record.entry.payload = try StoredRecord.payload(of: record, database, root, destroyed: destroyed)
        } catch let error as AuditError where error.code == .erased && isErasedLeftOut {}
        return record
      }
    }
  }

  /// Makes sure that the trail has something of a patient: a living data key or, of before there were any, a record.
  ///
  /// - Throws: `unknownPatient`.
  package func requireKnown(_ patient: [UInt8]) throws(AuditError) {
    let destroyed = try destroyedKeys()
    guard try read({ try StoredKeys(of: patient, $0, root, destroyed: destroyed) }).numbers.isEmpty else { return }
    var filter = Filter()
    filter.patient = patient
    if try list(filter, limit: 1).isEmpty { throw AuditError(.unknownPatient) }
  }

  /// Numbers of the data keys that records say were destroyed.
  func destroyedKeys() throws(AuditError) -> Set<Int64> {
    try tombstones.keys { work throws(AuditError) in try read(work) }
  }

  /// Whether a record put a root key in force that is not here yet.
  private var lacksRootKey: Bool {
    guard let root, let newest = try? RootKeyReplacement.newest({ try store.read($0) }) else { return false }
    return (try? root.enforce(newest.fingerprint)) == nil
  }

  /// Whether no replacement of the root key is under way.
  ///
  /// - Throws: `readFailed`.
  package func isRootKeyReplaced() throws(AuditError) -> Bool {
    try RootKeyReplacement.newest { work throws(AuditError) in try read(work) }?.step != .begun
  }

  /// Whether the newest start says that all data keys are bound to their patients: one that is not is then no matter of age.
  private var bindsKeys: Bool {
    (try? BlockSearch.newest(.start) { try store.read($0) })?.entry.wrapVersion != nil
  }

  /// Reads in one snapshot.
  func read<Value>(_ value: (any TrailDatabase) throws -> Value) throws(AuditError) -> Value {
    do {
      return try store.read(value)
    } catch let error as AuditError where error.code == .olderSchema {
      throw bindsKeys ? AuditError(.keyChanged) : error
    } catch let error as AuditError where error.code == .keyChanged {
      throw lacksRootKey ? AuditError(.keyUnusable) : error
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
  }
}
