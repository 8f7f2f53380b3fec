// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  extension PostgreSQLSchema {
    /// Whether the trail's tables have the triggers that its migrations make, in force and with the functions that they make, no others and
    /// no rules: one that somebody added could leave out what is said to be written, or keep what is said to be destroyed. What else
    /// is in the database is its administrator's.
    static func isAsMade(_ database: any TrailDatabase) throws -> Bool {
      let sql = migrations.map(\.sql).joined(separator: "\n")
      let tables = sql.matches(of: #/CREATE TABLE (\w+)/#).map { "'\($0.output.1)'" }.joined(separator: ", ")
      let ours = "relnamespace = current_schema()::regnamespace AND relname IN (\(tables))"
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
