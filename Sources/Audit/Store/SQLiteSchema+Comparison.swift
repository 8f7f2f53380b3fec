// SPDX-License-Identifier: Apache-2.0
import GRDB

extension SQLiteSchema {
  /// Whether a trail has the tables, indexes and triggers that its migrations make, and no others: a trigger that somebody added could
  /// leave out what is said to be written, or keep what is said to be destroyed.
  static func isAsMade(_ database: Database) throws -> Bool {
    let made = try DatabaseQueue()
    let applied = try migrator.appliedIdentifiers(database)
    guard let last = migrator.migrations.last(where: applied.contains) else { return true }
    try migrator.migrate(made, upTo: last)
    return try objects(database) == made.read(objects)
  }

  /// What `sqlite_schema` says (sqlite.org/schematab.html), but for what `ANALYZE` leaves behind.
  private static func objects(_ database: Database) throws -> [Row] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT IN ('sqlite_stat1', 'sqlite_stat4')
        ORDER BY type, name
        """)
  }
}
