// SPDX-License-Identifier: Apache-2.0
import Foundation
package import GRDB
import Synchronization

/// A connection to a trail's SQLite file.
package final class SQLiteStore: TrailStore {
  private static let busyMilliseconds = 2000

  /// The connection.
  package let queue: DatabaseQueue
  /// Whether it was closed. One asks at a time anyway.
  private let isClosed = Mutex(false)
  /// The number of the newest change to the tables that was looked at (sqlite.org/pragma.html#pragma_schema_version); nil where they are
  /// not a trail's.
  private let seenTables: Mutex<Int?>

  /// Bytes of a page of a new file; an older one keeps its own. A commit of many callers fills some such pages, and whoever reads
  /// the whole trail asks the system a quarter as often as with SQLite's usual 4,096.
  private static let pageSize = 16_384

  /// The connection that writes, with the newest tables.
  ///
  /// - Throws: `newerSchema`; `tablesChanged` where one of the migrations is missing in the list; GRDB's errors.
  init(writing path: String) throws {
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Readers never block a writer in WAL; this is for a person's own sqlite3 shell holding the write lock for a moment.
    configuration.busyMode = .timeout(Double(Self.busyMilliseconds) / 1000)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = \(Self.pageSize)") }
    queue = try DatabaseQueue(path: path, configuration: configuration)
    seenTables = Mutex(-1)
    try queue.writeWithoutTransaction { database in
      // WAL with FULL: a committed transaction survives a loss of power (sqlite.org/pragma.html#pragma_synchronous).
      // GRDB sets NORMAL when it turns WAL on, so this comes after opening.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // A destroyed key must not lie in a free page (sqlite.org/pragma.html#pragma_secure_delete).
      try database.execute(sql: "PRAGMA secure_delete = ON")
    }
    let migrator = SQLiteSchema.migrator
    if try queue.read(migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
    guard try queue.read(SQLiteSchema.isListWhole) else { throw AuditError(.tablesChanged) }
    try migrator.migrate(queue)
    // An erasure that was cut short may have left a destroyed key's old page in the log. A reader in another process that holds
    // on to an old snapshot keeps it there; it goes with the next start or stop.
    try? wipe()
  }

  /// A file of other tables than a trail's, whose commits do not wait for the disk.
  package init(path: String, tables: String) throws {
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Another process on this machine may share the file for a moment, as at an upgrade.
    configuration.busyMode = .timeout(2)
    queue = try DatabaseQueue(path: path, configuration: configuration)
    seenTables = Mutex(nil)
    try queue.write { try $0.execute(sql: tables) }
  }

  /// A connection that cannot write.
  ///
  /// - Parameter isListBelieved: whether what the list of migrations says of the version is believed where the tables are this program's.
  /// - Throws: `readFailed` when there is no file, `newerSchema`, `olderSchema`; GRDB's errors.
  init(reading path: String, isListBelieved: Bool = true) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw AuditError(.readFailed) }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(2)
    queue = try DatabaseQueue(path: path, configuration: configuration)
    seenTables = Mutex(nil)
    if !isListBelieved, try queue.read(SQLiteSchema.hasNewestTables) { return }
    if try queue.read(SQLiteSchema.migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
    let applied = try queue.read(SQLiteSchema.migrator.appliedIdentifiers)
    guard applied.contains(SQLiteSchema.readableSince) else { throw AuditError(.olderSchema) }
  }

  package var isShared: Bool { false }

  package func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value {
    try whileOpen { try queue.read { try work($0) } }
  }

  /// Asks SQLite while it is open. GRDB asks it even then (`sqlite3_get_autocommit` of no connection), which ends the process; and
  /// whoever follows a trail may come behind its end.
  ///
  /// - Throws: `closed`.
  private func whileOpen<Value>(_ work: () throws -> Value) throws -> Value {
    var value: Value?
    try isClosed.withLock { isClosed in
      if isClosed { throw AuditError(.closed) }
      value = try work()
    }
    guard let value else { throw AuditError(.closed) }
    return value
  }

  /// A disk is waited for.
  package func write<Value>(
    before deadline: ContinuousClock.Instant?, _ work: (any TrailDatabase) throws -> Value
  ) throws -> Value {
    try whileOpen {
      try queue.write { database in
        try confirmTables(database)
        return try work(database)
      }
    }
  }

  /// Looks at the tables when they were changed since the last time, by whomever.
  ///
  /// - Throws: `tablesChanged`.
  private func confirmTables(_ database: Database) throws {
    guard let seen = seenTables.withLock(\.self) else { return }
    let version = try Int.fetchOne(database.cachedStatement(sql: "PRAGMA schema_version"))
    guard version != seen else { return }
    guard try SQLiteSchema.isAsMade(database) else { throw AuditError(.tablesChanged) }
    seenTables.withLock { $0 = version }
  }

  package func reserveSubjects() throws -> Range<Int64> {
    let last = try read { try $0.number("SELECT max(id) FROM subject_key") ?? 0 }
    // No key was ever given such a number: somebody put it there.
    guard last < Int64.max - 1 else { throw AuditError(.keyChanged) }
    return (last + 1)..<Int64.max
  }

  /// Writes everything into the database file and empties the log beside it: at once or, where a reader needs the log, not at all,
  /// since nothing is written meanwhile.
  package func wipe() throws {
    try whileOpen {
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Self.busyMilliseconds)") }
        _ = try database.checkpoint(.truncate)
      }
    }
  }

  package func isSound() throws -> Bool {
    try whileOpen { try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") == "ok" } }
  }

  package func isAsMade() throws -> Bool { try whileOpen { try queue.read(SQLiteSchema.isAsMade) } }

  /// Its file is on this machine.
  package func hasLostTouch(since asked: ContinuousClock.Instant) -> Bool { false }

  package func close() throws {
    try isClosed.withLock { isClosed in
      isClosed = true
      try queue.close()
    }
  }

  /// SQLite's extended result code; nil for an error that is not SQLite's.
  static func systemCode(of error: any Error) -> Int32? { (error as? DatabaseError)?.extendedResultCode.rawValue }

  /// Whether SQLite says that its file is torn.
  static func isDamage(_ error: any Error) -> Bool { (error as? DatabaseError)?.resultCode == .SQLITE_CORRUPT }
}

extension Database: TrailDatabase {
  package func execute(_ sql: String, _ values: [TrailValue]) throws {
    try cachedStatement(sql: sql).execute(binding: values)
  }

  package func change(_ sql: String, _ values: [TrailValue]) throws -> Int {
    try execute(sql, values)
    return changesCount
  }

  package func query<Value>(
    _ sql: String, _ values: [TrailValue], _ value: (any TrailRow) throws -> Value
  ) throws -> [Value] {
    let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: Self.arguments(values))
    var found: [Value] = []
    while let row = try rows.next() { found.append(try value(row)) }
    return found
  }

  package func rows(_ sql: String, _ values: [TrailValue]) throws -> TrailRows {
    // A statement of its own: two may be read side by side.
    let rows = try Row.fetchCursor(makeStatement(sql: sql), arguments: Self.arguments(values))
    return TrailRows { try rows.next() }
  }

  private static func arguments(_ values: [TrailValue]) -> StatementArguments {
    // Of a sequence of values of one type GRDB asks for each by a key path, which takes longer than the insertion.
    StatementArguments(
      values.map { value -> (any DatabaseValueConvertible)? in
        switch value {
        case .number(let number): number
        case .text(let text): text
        case .bytes(let bytes): bytes.map { Data($0) }
        }
      })
  }
}

extension Row: TrailRow {
  package func number(_ column: Int) -> Int64? { self[column] }
  package func text(_ column: Int) -> String? { self[column] }
  package func bytes(_ column: Int) -> [UInt8]? {
    // What SQLite holds is copied before the next step of the statement. Only a column that does not exist throws.
    try? withUnsafeData(atIndex: column) { $0.map { Array($0) } }
  }
  package func append(_ column: Int, to bytes: inout [UInt8]) -> Bool {
    let isThere = try? withUnsafeData(atIndex: column) { data in
      // As above.
      if let data { unsafe data.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) } }
      return data != nil
    }
    return isThere ?? false
  }
}
