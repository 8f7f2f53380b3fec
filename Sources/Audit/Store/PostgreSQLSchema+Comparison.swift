// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  extension PostgreSQLSchema {
    private static let sql = migrations.map(\.sql).joined(separator: "\n")
    private static let tables = sql.matches(of: #/CREATE TABLE (\w+)/#).map { String($0.output.1) }
    private static let ours =
      "relnamespace = current_schema()::regnamespace AND relname IN (\(literals(tables)))"

    private static func literals(_ texts: [String]) -> String { texts.map { "'\($0)'" }.joined(separator: ", ") }

    /// Whether the trail's tables have the triggers that its migrations make, in force and with the functions that they make, no others and
    /// no rules: one that somebody added could leave out what is said to be written, or keep what is said to be destroyed. And whether
    /// the list of migrations is one that this program writes. What else is in the database is its administrator's.
    static func isAsMade(_ database: any TrailDatabase) throws -> Bool {
      try isListWhole(database) && hasTriggers(database)
    }

    /// Whether the tables are those that this program makes, with what the last migrations say of them, whatever the list says that made
    /// them. Beside others it cannot be known: they may be a newer version's.
    static func hasNewestTables(_ database: any TrailDatabase) throws -> Bool {
      let names = try database.query("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()", []) {
        $0.text(0) ?? ""
      }
      let comments = sql.matches(of: #/COMMENT ON [^']* IS '([^']*)'/#).map { String($0.output.1) }
      let found = try database.number(
        """
        SELECT count(*) FROM pg_description JOIN pg_class ON pg_class.oid = objoid
        WHERE \(ours) AND description IN (\(literals(comments)))
        """)
      guard Set(names).subtracting(["migration"]) == Set(tables), found == Int64(comments.count) else { return false }
      return try hasTriggers(database)
    }

    private static func hasTriggers(_ database: any TrailDatabase) throws -> Bool {
      let found = try database.query(
        """
        SELECT tgname::text, relname::text, (tgenabled = 'O')::int4, prosrc
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE NOT tgisinternal AND \(ours)
        """, []
      ) { row in
        // The function's text is between the dollars of its migration.
        let isMade = row.number(2) == 1 && row.text(3).map { sql.contains("$$\($0)$$") } == true
        return isMade ? "\(row.text(0) ?? "") \(row.text(1) ?? "")" : ""
      }
      let made = sql.matches(of: #/CREATE TRIGGER (\w+) [^;]*? ON (\w+)/#).map { "\($0.output.1) \($0.output.2)" }
      let rules = try database.number(
        "SELECT count(*) FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE \(ours)")
      return found.sorted() == made.sorted() && rules == 0
    }
  }
#endif
