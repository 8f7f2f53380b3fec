// SPDX-License-Identifier: Apache-2.0

/// What operators say to all processes that write one trail: one document beside it.
package enum SharedControl {
  /// The document of a folder's trail, which is made when there is none; nil when nothing was said yet.
  package static func read(in directory: DataDirectory) throws(AuditError) -> [UInt8]? {
    do {
      return try directory.openForWriting().read(content)
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
  }

  /// Changes the document, one change after the other: of two operators who speak at once, both are heard.
  package static func change(
    in directory: DataDirectory, _ change: ([UInt8]?) throws -> [UInt8]
  ) throws {
    try directory.openForWriting().write { database in
      try database.execute(
        "INSERT INTO control (id, content) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET content = excluded.content",
        [.bytes(try change(try content(database)))])
    }
  }

  /// Whether some process has destroyed what may still lie in the tables' files (`PostgreSQLStore.wipe`).
  static func isWipeDue(_ database: any TrailDatabase) throws -> Bool {
    try database.number("SELECT count(*) FROM wiping") != 0
  }

  static func content(_ database: any TrailDatabase) throws -> [UInt8]? {
    try database.query("SELECT content FROM control WHERE id = 1", []) { $0.bytes(0) }.first ?? nil
  }
}
