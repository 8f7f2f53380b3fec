// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// Connections to the trail's SQLite file.
enum TrailStore {
  /// The connection that writes, with the newest tables.
  ///
  /// - Throws: `newerSchema`; GRDB's errors.
  static func openForWriting(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Readers never block a writer in WAL; this is for a person's own sqlite3 shell holding the write lock for a moment.
    configuration.busyMode = .timeout(2)
    let database = try DatabaseQueue(path: path, configuration: configuration)
    try database.writeWithoutTransaction { database in
      // WAL with FULL: a committed transaction survives a loss of power (sqlite.org/pragma.html#pragma_synchronous).
      // GRDB sets NORMAL when it turns WAL on, so this comes after opening.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // A destroyed key must not lie in a free page (sqlite.org/pragma.html#pragma_secure_delete).
      try database.execute(sql: "PRAGMA secure_delete = ON")
    }
    let migrator = TrailSchema.migrator
    if try database.read(migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
    try migrator.migrate(database)
    // An erasure that was cut short may have left a destroyed key's old page in the log. A reader in another process that holds
    // on to an old snapshot keeps it there; it goes with the next start or stop.
    try? emptyLog(of: database)
    return database
  }

  /// A connection that cannot write.
  static func openForReading(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(2)
    let database = try DatabaseQueue(path: path, configuration: configuration)
    if try database.read(TrailSchema.migrator.hasBeenSuperseded) { throw AuditError(.newerSchema) }
    return database
  }

  /// Writes everything into the database file and empties the log beside it, so that what was overwritten is nowhere.
  static func emptyLog(of database: DatabaseQueue) throws {
    try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
  }
}
