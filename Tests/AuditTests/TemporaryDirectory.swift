// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import GRDB
import TestSupport
import Testing

/// Where the trail of a test lies.
enum TestStore: String, CaseIterable {
  case sqlite, postgreSQL

  /// libpq's connection string of a PostgreSQL in which the tests may make schemas.
  static let connection = ProcessInfo.processInfo.environment["VIGIL_POSTGRESQL"]

  /// Why tests of PostgreSQL alone do not run.
  static let missing: Comment =
    "needs --traits PostgreSQL and, in VIGIL_POSTGRESQL, the connection string of a PostgreSQL; make test-cluster has both"

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
  let data: DataDirectory
  /// The schema of PostgreSQL in which its tables are.
  let schema: String?

  /// - Parameter patience: how long PostgreSQL is waited for: where nothing goes wrong, however much else the machine has to do.
  init(sharing schema: String? = nil, patience: Duration = .seconds(300)) {
    self.schema = schema
    data = Self.folder(patience)
  }

  private static func folder(_ patience: Duration) -> DataDirectory {
    DataDirectory(path: NSTemporaryDirectory() + "vigil-audit-" + UUID().uuidString, patience: patience)
  }

  /// A folder whose trail lies in a store.
  init(_ store: TestStore) throws {
    data = Self.folder(.seconds(300))
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
  func copy(patience: Duration = .seconds(300)) throws -> TemporaryDirectory {
    let directory = TemporaryDirectory(sharing: schema, patience: patience)
    try FileManager.default.copyItem(atPath: data.path, toPath: directory.data.path)
    return directory
  }

  /// Two processes on one new trail in PostgreSQL.
  static func processes() throws -> (directories: [TemporaryDirectory], trails: [AuditTrail]) {
    let first = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: first.data)
    let second = try first.copy()
    return ([first, second], [trail, try AuditTrail(directory: second.data)])
  }

  /// Adds settings to the connection string, which go before those that are there; `options` are added to.
  func settings(_ more: String) throws {
    let options = "-csearch_path=\(schema ?? "")"
    let text = more.replacing("options=", with: "options=\(options)\\ ")
    try data.write(
      Array("\(TestStore.connection ?? "") application_name=\(schema ?? "") options=\(options) \(text)".utf8),
      to: data.connection)
  }

  /// What a person with the database's password says to the trail's tables.
  ///
  /// - Returns: what is answered, without headers.
  @discardableResult
  func psql(_ sql: String) throws -> String { try Self.run("SET search_path = \(schema ?? ""); \(sql)") }

  @discardableResult
  private static func run(_ sql: String) throws -> String {
    let psql = ShellCommand([
      "psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", TestStore.connection ?? "", "-c",
      "SET client_min_messages = error; \(sql)",
    ])
    guard let answer = psql.output() else { throw CocoaError(.executableLoad) }
    return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The schema stays: the trail may be read after the last that is said of its folder.
  deinit { try? FileManager.default.removeItem(atPath: data.path) }
}

extension AuditTrail {
  /// SQLite's side of the connection that writes.
  var database: DatabaseQueue {
    guard let store = store as? SQLiteStore else { fatalError("the trail does not lie in SQLite") }
    return store.queue
  }
}
