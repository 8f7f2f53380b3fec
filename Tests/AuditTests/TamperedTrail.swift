// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import GRDB
import TestSupport

/// What somebody does to a trail who has its file or the database's password, a shell and the knowledge of the tables.
extension TemporaryDirectory {
  /// The tables of a trail, each behind those that it refers to.
  private static let tables = [
    "subject_key", "record", "payload", "tile", "checkpoint", "head", "cosignature", "hold", "posting", "block",
  ]

  /// A trail of its own with the same keys and content, in the same store.
  func duplicate() throws -> TemporaryDirectory {
    guard let schema else { return try copy() }
    let directory = try TemporaryDirectory(.postgreSQL)
    for path in [data.pseudonymKey, data.rootKey, data.checkpointKey, data.logKey] {
      let target = directory.data.path + "/" + URL(filePath: path).lastPathComponent
      try FileManager.default.copyItem(atPath: path, toPath: target)
    }
    // Makes the tables; what lies in them is this one's.
    try AuditTrail(directory: directory.data).close()
    let sql =
      Self.tables.map { "TRUNCATE \($0) CASCADE" } + Self.tables.map { "INSERT INTO \($0) TABLE \(schema).\($0)" }
    try directory.psql(
      """
      SET session_replication_role = replica; \(sql.joined(separator: ";"));
      SELECT setval('subject_key_number', (SELECT last_value FROM \(schema).subject_key_number))
      """)
    return directory
  }

  /// Runs statements past all that keeps the trail from being changed. They may say `flip(bytes, place)`, which changes the lowest bit of a
  /// byte, and `longer(bytes)`, and write bytes as `x'0102'`.
  func tamper(_ sql: String) throws {
    guard schema == nil else {
      let flip = """
        CREATE OR REPLACE FUNCTION flip(bytes bytea, place int) RETURNS bytea LANGUAGE sql AS
          $$ SELECT set_byte(bytes, place, get_byte(bytes, place) # 1) $$;
        CREATE OR REPLACE FUNCTION longer(bytes bytea) RETURNS bytea LANGUAGE sql AS
          $$ SELECT bytes || decode(repeat('00', 64), 'hex') $$
        """
      let bytes = sql.replacing(#/x'([0-9A-Fa-f]*)'/#) { "'\\x\($0.output.1)'::bytea" }
        .replacing(#/(\d+) << (\d+)/#) { "\($0.output.1)::bigint << \($0.output.2)" }
      try psql("SET session_replication_role = replica; \(flip); \(bytes)")
      return
    }
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let database = try DatabaseQueue(path: data.trail, configuration: configuration)
    try database.write { database in
      let flip = DatabaseFunction("flip", argumentCount: 2, pure: true) { values in
        guard var bytes = Data.fromDatabaseValue(values[0]), let at = Int.fromDatabaseValue(values[1]) else {
          return nil
        }
        bytes[at] ^= 1
        return bytes
      }
      database.add(function: flip)
      database.add(
        function: DatabaseFunction("longer", argumentCount: 1, pure: true) { values in
          Data.fromDatabaseValue(values[0]).map { $0 + Data(count: 64) }
        })
      let triggers = try Row.fetchAll(database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      for trigger in triggers { try database.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
      try database.execute(sql: sql)
      // Nobody who knows the tables leaves such a trace.
      for trigger in triggers { try database.execute(sql: trigger["sql"]) }
    }
    try database.close()
  }

  /// A session of PostgreSQL that has said something, and ends when its input is closed.
  func session(_ begin: String) throws -> (process: Process, input: Pipe) {
    let psql = Process()
    let (input, output) = (Pipe(), Pipe())
    psql.executableURL = URL(filePath: "/usr/bin/env")
    psql.arguments = ["psql", "-X", "-q", "-t", "-A", "-d", TestStore.connection ?? ""]
    psql.standardInput = input
    psql.standardOutput = output
    try psql.start()
    try input.fileHandleForWriting.write(
      contentsOf: Data("SET search_path = \(schema ?? ""); \(begin); SELECT 'begun';\n".utf8))
    var heard = ""
    while !heard.contains("begun"), let more = try output.fileHandleForReading.read(upToCount: 1) {
      heard += String(decoding: more, as: UTF8.self)
    }
    return (psql, input)
  }
}
