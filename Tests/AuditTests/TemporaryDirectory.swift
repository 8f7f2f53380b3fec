// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import GRDB

/// Where the trail of a test lies.
enum TestStore: String, CaseIterable {
  case sqlite, postgreSQL

  /// libpq's connection string of a PostgreSQL in which the tests may make schemas.
  static let connection = ProcessInfo.processInfo.environment["VIGIL_POSTGRESQL"]

  /// Those that can be had here; the tests of a store run on each.
  static var atHand: [TestStore] {
    #if PostgreSQL
      connection == nil ? [.sqlite] : allCases
    #else
      [.sqlite]
    #endif
  }
}

/// A data directory of one test's own, removed with it.
final class TemporaryDirectory: Sendable {
  let data = DataDirectory(path: NSTemporaryDirectory() + "vigil-audit-" + UUID().uuidString)
  /// A schema of PostgreSQL that is this one's alone.
  private let schema: String?

  init() {
    schema = nil
  }

  /// A folder whose trail lies in a store.
  init(_ store: TestStore) throws {
    guard store == .postgreSQL else {
      schema = nil
      return
    }
    let schema = "t" + UUID().uuidString.replacing("-", with: "")
    self.schema = schema
    try Self.run("CREATE SCHEMA \(schema)")
    try FileManager.default.createDirectory(atPath: data.path, withIntermediateDirectories: true)
    try data.write(
      Array("\(TestStore.connection ?? "") application_name=\(schema) options=-csearch_path=\(schema)".utf8),
      to: data.connection)
  }

  /// Another with the same files: of a trail in PostgreSQL another process's.
  func copy() throws -> TemporaryDirectory {
    let directory = TemporaryDirectory()
    try FileManager.default.copyItem(atPath: data.path, toPath: directory.data.path)
    return directory
  }

  /// What a person with the database's password says to the trail's tables.
  func psql(_ sql: String) throws { try Self.run("SET search_path = \(schema ?? ""); \(sql)") }

  private static func run(_ sql: String) throws {
    let psql = Process()
    psql.executableURL = URL(filePath: "/usr/bin/env")
    psql.arguments = [
      "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", TestStore.connection ?? "", "-c",
      "SET client_min_messages = error; \(sql)",
    ]
    psql.standardError = FileHandle.nullDevice
    psql.standardOutput = FileHandle.nullDevice
    try psql.run()
    psql.waitUntilExit()
    guard psql.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: data.path)
    if let schema { try? Self.run("DROP SCHEMA \(schema) CASCADE") }
  }
}

extension AuditTrail {
  /// SQLite's side of the connection that writes.
  var database: DatabaseQueue {
    guard let store = store as? SQLiteStore else { fatalError("the trail does not lie in SQLite") }
    return store.queue
  }
}
