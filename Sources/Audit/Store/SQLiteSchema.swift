// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables of a trail in SQLite. Migrations are named and append-only: one that has shipped is never changed.
enum SQLiteSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("records and payloads", foreignKeyChecks: .immediate) { database in
      // The leaf is the record; the columns beside it repeat what is searched for. The payload lies in a table of its own, so
      // that it can be sealed or emptied one day without touching a leaf. `encoding` 1: zlib with the plain length in front.
      try database.execute(
        sql: """
          CREATE TABLE record (
            sequence INTEGER PRIMARY KEY, leaf BLOB NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
            service TEXT, hook_instance TEXT, patient BLOB, status INTEGER
          ) STRICT;
          CREATE INDEX record_hook_instance ON record (hook_instance) WHERE hook_instance IS NOT NULL;
          CREATE INDEX record_patient ON record (patient, sequence) WHERE patient IS NOT NULL;
          CREATE TABLE payload (
            sequence INTEGER PRIMARY KEY REFERENCES record (sequence), encoding INTEGER NOT NULL, bytes BLOB NOT NULL
          ) STRICT;
          """)
      // 45 CFR 170.315(d)(2): entries must not be changed, overwritten or deleted by the technology.
      for table in ["record", "payload"] {
        for change in ["UPDATE", "DELETE"] { try forbid(change, on: table, in: database) }
        // INSERT OR REPLACE deletes the old row without firing the trigger above.
        try database.execute(
          sql: """
            CREATE TRIGGER \(table)_no_replace BEFORE INSERT ON \(table)
            WHEN EXISTS (SELECT 1 FROM \(table) WHERE sequence = NEW.sequence)
            BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
            """)
      }
    }
    migrator.registerMigration("shown cards", foreignKeyChecks: .immediate) { database in
      // Which answers showed a card: derived from their leaves, so that a feedback finds its finding at once.
      try database.execute(
        sql: """
          CREATE TABLE shown_card (
            card BLOB NOT NULL, sequence INTEGER NOT NULL REFERENCES record (sequence), PRIMARY KEY (card, sequence)
          ) STRICT, WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("tree and subject keys", foreignKeyChecks: .immediate) { database in
      // `tile`: level in the upper 16 bits of the id, position in the lower 48 (C2SP tlog-tiles, 256 hashes of 32 bytes).
      // `checkpoint`: signed heads kept for good; `head`: the newest. `cosignature`: what witnesses said to a kept one.
      // `subject_key`: wrapped data keys; both texts NULL once destroyed. A record's own `patient` is of before data keys.
      // `payload.encoding` 2: sealed under `subject_key`; what is sealed is encoding 1.
      try database.execute(
        sql: """
          CREATE TABLE tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
          CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
          CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
          CREATE TABLE cosignature (
            size INTEGER NOT NULL REFERENCES checkpoint (size), witness TEXT NOT NULL, line TEXT NOT NULL,
            PRIMARY KEY (size, witness)
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE subject_key (id INTEGER PRIMARY KEY, pseudonym BLOB, wrapped BLOB) STRICT;
          CREATE INDEX subject_key_pseudonym ON subject_key (pseudonym) WHERE pseudonym IS NOT NULL;
          CREATE TABLE hold (
            pseudonym BLOB NOT NULL, sequence INTEGER NOT NULL REFERENCES record (sequence), released INTEGER,
            PRIMARY KEY (pseudonym, sequence)
          ) STRICT, WITHOUT ROWID;
          ALTER TABLE record ADD COLUMN subject INTEGER REFERENCES subject_key (id);
          CREATE INDEX record_subject ON record (subject, sequence) WHERE subject IS NOT NULL;
          ALTER TABLE payload ADD COLUMN subject INTEGER REFERENCES subject_key (id);

          CREATE TRIGGER tile_grows BEFORE UPDATE ON tile
          WHEN substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes OR NEW.id <> OLD.id
          BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
          CREATE TRIGGER subject_key_destroyed BEFORE UPDATE ON subject_key
          WHEN OLD.wrapped IS NULL OR NEW.id <> OLD.id
          BEGIN SELECT RAISE(ABORT, 'a destroyed key stays destroyed'); END;
          """)
      for table in ["tile", "checkpoint", "cosignature", "subject_key", "hold"] {
        try forbid("DELETE", on: table, in: database)
      }
      for table in ["checkpoint", "cosignature"] { try forbid("UPDATE", on: table, in: database) }
    }
    migrator.registerMigration("blocks of terms", foreignKeyChecks: .immediate) { database in
      // `posting`: what the records of a whole block can be found by, part of the terms in the upper bits of the id, number of the
      // block in the lower 40 (`RecordBlock`); `block`: its times. Both are derived from the leaves. Indexes of random values, with
      // every record a page each of the file to rewrite, were what large trails spent their time on.
      try database.execute(
        sql: """
          CREATE TABLE posting (id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
          CREATE TABLE block (number INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL) STRICT;
          DROP INDEX record_hook_instance;
          DROP INDEX record_patient;
          DROP INDEX record_subject;
          DROP TABLE shown_card;
          """)
      for table in ["posting", "block"] {
        for change in ["UPDATE", "DELETE"] { try forbid(change, on: table, in: database) }
      }
    }
    migrator.registerMigration("data keys bound to their patients", foreignKeyChecks: .immediate) { database in
      // A wrapped key is bound to the pseudonym beside it (`RootKey`), which never changes but for being forgotten. What lay there
      // before is bound by the start that has the root key (`UnboundKeys`); a program that does not know it must not write.
      try database.execute(
        sql: """
          DROP TRIGGER subject_key_destroyed;
          CREATE TRIGGER subject_key_destroyed BEFORE UPDATE ON subject_key
          WHEN OLD.wrapped IS NULL OR NEW.id <> OLD.id
            OR (NEW.pseudonym IS NOT NULL AND NEW.pseudonym IS NOT OLD.pseudonym)
          BEGIN SELECT RAISE(ABORT, 'a destroyed key stays destroyed, and a key its patient''s'); END;
          """)
    }
    migrator.registerMigration("what was sent to audit repositories", foreignKeyChecks: .immediate) { database in
      // How far the trail was sent to each (`FeedPosition`). It is no part of the trail: what is lost here is sent again.
      try database.execute(
        sql: """
          CREATE TABLE feed (
            repository TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, seal BLOB NOT NULL,
            sender BLOB NOT NULL, turn INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;
          """)
    }
    migrator.registerMigration(zstandard, foreignKeyChecks: .immediate) { _ in
      // `payload.encoding` 3 (`PayloadEncoding`). No table changes; an older program would call such payloads damaged.
    }
    migrator.registerMigration("root keys that are replaced", foreignKeyChecks: .immediate) { _ in
      // Records of kind `root-key`. No table changes; an older program would call such records damaged.
    }
    migrator.registerMigration("records that are amended", foreignKeyChecks: .immediate) { _ in
      // Records of kind `amendment`. No table changes; an older program would call such records damaged.
    }
    migrator.registerMigration("legal holds by case", foreignKeyChecks: .immediate) { _ in
      // The case in leaves (tag 33). No table changes; an older program would call such records damaged, and end a case's holds with others.
    }
    return migrator
  }

  /// The migration from which on payloads may have another encoding.
  static let zstandard = "payloads compressed by Zstandard"
  /// The migration that made the tables as readers know them; what came later changed none.
  static let readableSince = "blocks of terms"

  static func forbid(_ change: String, on table: String, in database: Database) throws {
    try database.execute(
      sql: """
        CREATE TRIGGER \(table)_no_\(change.lowercased()) BEFORE \(change) ON \(table)
        BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
        """)
  }
}
