// SPDX-License-Identifier: Apache-2.0
import GRDB

extension SQLiteSchema {
  /// Whether a trail has the tables, indexes and triggers that its migrations make, and no others: a trigger that somebody added could
  /// leave out what is said to be written, or keep what is said to be destroyed. And whether the list of migrations is one that this
  /// program writes.
  static func isAsMade(_ database: Database) throws -> Bool {
    let applied = try migrator.appliedIdentifiers(database)
    guard let last = migrator.migrations.last(where: applied.contains) else { return false }
    guard try isListWhole(database) else { return false }
    if !applied.contains(zstandard) {
      // It made no table, so that its row alone can be missing.
      let later = "SELECT EXISTS (SELECT 1 FROM payload WHERE encoding >= \(PayloadEncoding.sealedZstandard.rawValue))"
      if try Bool.fetchOne(database, sql: later) == true { return false }
    }
    return try hasTables(of: last, database)
  }

  /// Whether the list of migrations has none that this program does not know, and of its own all up to the last.
  static func isListWhole(_ database: Database) throws -> Bool {
    let applied = try migrator.appliedIdentifiers(database)
    return applied == Set(migrator.migrations.prefix(applied.count))
  }

  /// Whether the tables are those that this program makes, whatever the list says that made them.
  static func hasNewestTables(_ database: Database) throws -> Bool {
    try hasTables(of: migrator.migrations.last ?? "", database)
  }

  private static func hasTables(of migration: String, _ database: Database) throws -> Bool {
    let made = try DatabaseQueue()
    try migrator.migrate(made, upTo: migration)
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
