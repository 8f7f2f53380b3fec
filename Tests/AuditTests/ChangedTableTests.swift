// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// Whoever can edit the file can add what leaves out records to come, or keeps what an erasure destroys.
@Suite struct ChangedTableTests {
  private static let changes = [
    """
    CREATE TABLE notes (id INTEGER, wrapped BLOB);
    CREATE TRIGGER notes_kept BEFORE UPDATE ON subject_key BEGIN INSERT INTO notes VALUES (OLD.id, OLD.wrapped); END
    """,
    "CREATE TRIGGER no_content BEFORE INSERT ON payload BEGIN SELECT RAISE(IGNORE); END",
    "DROP TRIGGER record_no_update", "DROP TRIGGER payload_no_delete",
    """
    DROP TRIGGER tile_grows;
    CREATE TRIGGER tile_grows BEFORE UPDATE ON tile WHEN 1 = 2 BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
    """,
    "ALTER TABLE payload ADD COLUMN more TEXT", "CREATE TABLE plain (text TEXT)", "DROP TABLE feed",
    "CREATE INDEX record_time ON record (time)", "DROP INDEX subject_key_pseudonym",
    """
    PRAGMA legacy_alter_table = ON; ALTER TABLE record RENAME TO of_before;
    CREATE VIEW record AS SELECT * FROM of_before WHERE kind <> 'read'
    """,
  ]

  private func change(_ sql: String, in directory: TemporaryDirectory) throws {
    let database = try DatabaseQueue(path: directory.data.trail)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
  }

  private func trail() async throws -> (TemporaryDirectory, AuditTrail) {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    return (directory, trail)
  }

  private func verify(_ directory: TemporaryDirectory) throws -> [TrailFault] {
    try TrailVerification(directory.data, against: .init(log: try directory.data.loadLogKey())).faults
  }

  @Test(arguments: changes) func aChangeIsNamedAndNoServiceStartsOnIt(_ sql: String) async throws {
    let (directory, trail) = try await trail()
    try trail.close()
    #expect(try verify(directory) == [])
    try change(sql, in: directory)
    #expect(try verify(directory).contains(TrailFault(.tablesChanged)))
    #expect(throws: AuditError(.tablesChanged)) { try AuditTrail(directory: directory.data) }
  }

  /// The list of migrations says of which version the trail is. One that was edited keeps nobody from looking, and is found.
  @Test(
    arguments: [
      ("INSERT INTO grdb_migrations VALUES ('another')", AuditError.Code.newerSchema),
      ("DELETE FROM grdb_migrations WHERE identifier = 'blocks of terms'", .tablesChanged),
      ("DELETE FROM grdb_migrations WHERE identifier = 'data keys bound to their patients'", .tablesChanged),
      ("DELETE FROM grdb_migrations WHERE identifier = 'payloads compressed by Zstandard'", .tablesChanged),
      (
        """
        DELETE FROM grdb_migrations WHERE identifier IN
          ('payloads compressed by Zstandard', 'root keys that are replaced', 'records that are amended', 'legal holds by case')
        """, nil
      ),
      ("DELETE FROM grdb_migrations WHERE identifier > 'm'", .tablesChanged),
      ("DELETE FROM grdb_migrations", .readFailed),
    ] as [(String, AuditError.Code?)])
  func anEditedListOfMigrationsIsFound(_ sql: String, _ refusal: AuditError.Code?) async throws {
    let (directory, trail) = try await trail()
    try trail.close()
    try change(sql, in: directory)
    #expect(try verify(directory) == [TrailFault(.tablesChanged)])
    switch refusal {
    // What is brought up to date by it changes no table.
    case nil: try AuditTrail(directory: directory.data).close()
    // SQLite says that there is such a table.
    case .readFailed?: #expect(throws: AuditError.self) { try AuditTrail(directory: directory.data) }
    case let code?: #expect(throws: AuditError(code)) { try AuditTrail(directory: directory.data) }
    }
    if refusal == nil { #expect(try verify(directory) == []) }
  }

  /// A trail of a newer version, of which this program does not know the tables, is no tampered one.
  @Test func aNewerTrailIsNotVerified() async throws {
    let (directory, trail) = try await trail()
    try trail.close()
    try change("INSERT INTO grdb_migrations VALUES ('another'); CREATE TABLE another (id INTEGER)", in: directory)
    #expect(throws: AuditError(.newerSchema)) { try verify(directory) }
  }

  /// Statistics that SQLite keeps for itself are nobody's change.
  @Test func whatSQLiteKeepsForItselfIsNone() async throws {
    let (directory, trail) = try await trail()
    try trail.close()
    try change("ANALYZE; VACUUM", in: directory)
    #expect(try verify(directory) == [])
    let again = try AuditTrail(directory: directory.data)
    #expect(try await again.append(fullEntry(4)) == 4)
    try again.close()
  }

  @Test func aRunningServiceWritesNothingUntilItIsTakenAway() async throws {
    let (directory, trail) = try await trail()
    try change("CREATE TRIGGER no_content BEFORE INSERT ON payload BEGIN SELECT RAISE(IGNORE); END", in: directory)
    await #expect(throws: AuditError(.tablesChanged)) { try await trail.append(fullEntry(4)) }
    try change("DROP TRIGGER no_content", in: directory)
    #expect(try await trail.append(fullEntry(4)) == 4)
    try trail.close()
    #expect(try verify(directory) == [])
  }

  #if PostgreSQL
    @Test(
      .enabled(if: TestStore.connection != nil, TestStore.missing),
      arguments: [
        """
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER no_content BEFORE INSERT ON payload FOR EACH ROW EXECUTE FUNCTION nothing()
        """,
        "ALTER TABLE record DISABLE TRIGGER record_no_change", "DROP TRIGGER tile_grows ON tile",
        "CREATE RULE no_content AS ON INSERT TO payload DO INSTEAD NOTHING",
        """
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RETURN NEW; END $$
        """,
      ]) func inPostgreSQLToo(_ sql: String) async throws
    {
      let directory = try TemporaryDirectory(.postgreSQL)
      let trail = try AuditTrail(directory: directory.data)
      _ = try await trail.append(fullEntry(1))
      try trail.close()
      #expect(try verify(directory) == [])
      try directory.psql(sql)
      #expect(try verify(directory) == [TrailFault(.tablesChanged)])
      #expect(throws: AuditError(.tablesChanged)) { try AuditTrail(directory: directory.data) }
    }
  #endif
}
