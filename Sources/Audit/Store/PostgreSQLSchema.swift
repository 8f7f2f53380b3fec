// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  /// The tables of a trail in PostgreSQL: those of `SQLiteSchema` as they are now, and what several processes share beside the trail.
  /// Migrations are named and append-only: one that has shipped is never changed.
  enum PostgreSQLSchema {
    /// Numbers of data keys that a process takes at once.
    static let reservedSubjects: Int64 = 64

    /// By name, in order.
    static let migrations: [(name: String, sql: String)] = [
      (
        "a trail for several processes",
        """
        CREATE TABLE record (
          sequence BIGINT PRIMARY KEY, leaf BYTEA NOT NULL, time BIGINT NOT NULL, kind TEXT NOT NULL,
          service TEXT, hook_instance TEXT, patient BYTEA, status BIGINT, subject BIGINT
        );
        CREATE TABLE payload (
          sequence BIGINT PRIMARY KEY REFERENCES record (sequence), encoding BIGINT NOT NULL, bytes BYTEA NOT NULL,
          subject BIGINT
        );
        CREATE TABLE tile (id BIGINT PRIMARY KEY, hashes BYTEA NOT NULL);
        CREATE TABLE checkpoint (size BIGINT PRIMARY KEY, note TEXT NOT NULL);
        CREATE TABLE head (id BIGINT PRIMARY KEY CHECK (id = 1), size BIGINT NOT NULL, note TEXT NOT NULL);
        CREATE TABLE cosignature (
          size BIGINT NOT NULL REFERENCES checkpoint (size), witness TEXT NOT NULL, line TEXT NOT NULL,
          PRIMARY KEY (size, witness)
        );
        CREATE TABLE subject_key (id BIGINT PRIMARY KEY, pseudonym BYTEA, wrapped BYTEA);
        CREATE INDEX subject_key_pseudonym ON subject_key (pseudonym) WHERE pseudonym IS NOT NULL;
        CREATE SEQUENCE subject_key_number INCREMENT BY \(reservedSubjects);
        CREATE TABLE hold (
          pseudonym BYTEA NOT NULL, sequence BIGINT NOT NULL REFERENCES record (sequence), released BIGINT,
          PRIMARY KEY (pseudonym, sequence)
        );
        CREATE TABLE posting (id BIGINT PRIMARY KEY, entries BYTEA NOT NULL);
        CREATE TABLE block (number BIGINT PRIMARY KEY, earliest BIGINT NOT NULL, latest BIGINT NOT NULL);
        CREATE TABLE token (digest BYTEA PRIMARY KEY, expires BIGINT NOT NULL);
        CREATE INDEX token_expires ON token (expires);
        CREATE TABLE control (id BIGINT PRIMARY KEY CHECK (id = 1), content BYTEA NOT NULL);
        CREATE TABLE shared_key (name TEXT PRIMARY KEY, digest BYTEA NOT NULL);

        -- Ciphertext and hashes do not get shorter.
        ALTER TABLE payload ALTER bytes SET STORAGE EXTERNAL;
        ALTER TABLE tile ALTER hashes SET STORAGE EXTERNAL;

        -- 45 CFR 170.315(d)(2): entries must not be changed, overwritten or deleted by the technology.
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$;
        \(["record", "payload", "checkpoint", "cosignature", "posting", "block"].map { table in
          """
          CREATE TRIGGER \(table)_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON \(table)
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
          """
        }.joined(separator: "\n"))
        \(["tile", "subject_key", "hold"].map { table in
          """
          CREATE TRIGGER \(table)_no_delete BEFORE DELETE OR TRUNCATE ON \(table)
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
          """
        }.joined(separator: "\n"))
        CREATE TRIGGER tile_grows BEFORE UPDATE ON tile FOR EACH ROW
          WHEN (substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes OR NEW.id <> OLD.id)
          EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER subject_key_destroyed BEFORE UPDATE ON subject_key FOR EACH ROW
          WHEN (OLD.wrapped IS NULL OR NEW.id <> OLD.id) EXECUTE FUNCTION refuse_change()
        """
      ),
      (
        "what is to be wiped",
        """
        -- One row while a key or whose a hold was has been overwritten and the tables were not written anew since.
        CREATE TABLE wiping (id BIGINT PRIMARY KEY CHECK (id = 1));
        CREATE FUNCTION wiping_is_due() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO wiping (id) VALUES (1) ON CONFLICT DO NOTHING; RETURN NULL; END $$;
        CREATE TRIGGER subject_key_wiping AFTER UPDATE ON subject_key
          FOR EACH STATEMENT EXECUTE FUNCTION wiping_is_due();
        CREATE TRIGGER hold_wiping AFTER UPDATE ON hold FOR EACH STATEMENT EXECUTE FUNCTION wiping_is_due()
        """
      ),
      (
        "data keys bound to their patients",
        """
        -- In the function and not in the trigger's condition: the wiping alters the column, which a condition that names it forbids.
        CREATE FUNCTION keep_patient() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.pseudonym IS NOT NULL AND NEW.pseudonym IS DISTINCT FROM OLD.pseudonym THEN
            RAISE EXCEPTION 'a key stays its patient''s';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER subject_key_patient BEFORE UPDATE ON subject_key FOR EACH ROW EXECUTE FUNCTION keep_patient()
        """
      ),
      (
        "what was sent to audit repositories",
        """
        CREATE TABLE feed (
          repository TEXT PRIMARY KEY, size BIGINT NOT NULL, root BYTEA NOT NULL, seal BYTEA NOT NULL,
          sender BYTEA NOT NULL, turn BIGINT NOT NULL
        )
        """
      ),
      (
        // No table changes; an older program would call such payloads damaged.
        "payloads compressed by Zstandard",
        "COMMENT ON COLUMN payload.encoding IS '3: Zstandard, sealed; 2: zlib, sealed; 1: zlib (PayloadEncoding)'"
      ),
      (
        // No table changes; an older program would call such records damaged.
        "root keys that are replaced",
        "COMMENT ON TABLE subject_key IS 'data keys, wrapped under root.key; records of kind root-key say which'"
      ),
      (
        // No table changes; an older program would call such records damaged.
        "records that are amended",
        "COMMENT ON TABLE record IS 'what happened, never changed; records of kind amendment say what is right instead'"
      ),
      (
        // No table changes; an older program would call such records damaged, and end a case's holds with others.
        "legal holds by case", "COMMENT ON TABLE hold IS 'legal holds; the record says of which case'"
      ),
    ]

    /// Brings the tables up to this version; of processes that start together one does it.
    ///
    /// - Throws: `newerSchema`; `tablesChanged` where one is missing in the list.
    static func migrate(_ database: PostgreSQLConnection) throws {
      // Any number of our own.
      _ = try database.number("SELECT count(*) FROM (SELECT pg_advisory_xact_lock(7166105)) AS taken")
      try database.execute("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY)", [])
      let applied = try applied(database)
      guard applied == Set(migrations.prefix(applied.count).map(\.name)) else { throw AuditError(.tablesChanged) }
      for migration in migrations.dropFirst(applied.count) {
        try database.run(migration.sql)
        try database.execute("INSERT INTO migration (name) VALUES (?)", [.text(migration.name)])
      }
    }

    /// Throws `newerSchema` or `olderSchema` when the tables are not this version's.
    static func check(_ database: any TrailDatabase) throws {
      guard try hasList(database) else { throw AuditError(.readFailed) }
      guard try applied(database).count == migrations.count else { throw AuditError(.olderSchema) }
    }

    /// Whether the list of migrations is one that this program writes.
    static func isListWhole(_ database: any TrailDatabase) throws -> Bool {
      try hasList(database) && listed(database) == Set(migrations.map(\.name))
    }

    private static func hasList(_ database: any TrailDatabase) throws -> Bool {
      try database.number(
        "SELECT count(*) FROM pg_tables WHERE tablename = 'migration' AND schemaname = current_schema()") == 1
    }

    private static func listed(_ database: any TrailDatabase) throws -> Set<String> {
      Set(try database.query("SELECT name FROM migration", []) { $0.text(0) ?? "" })
    }

    private static func applied(_ database: any TrailDatabase) throws -> Set<String> {
      let names = try listed(database)
      guard names.isSubset(of: migrations.map(\.name)) else { throw AuditError(.newerSchema) }
      return names
    }
  }
#endif
