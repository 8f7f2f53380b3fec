// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables of the trail. Migrations are named and append-only: one that has shipped is never changed.
enum TrailSchema {
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
        for change in ["UPDATE", "DELETE"] {
          try database.execute(
            sql: """
              CREATE TRIGGER \(table)_no_\(change.lowercased()) BEFORE \(change) ON \(table)
              BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
              """)
        }
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
    return migrator
  }
}
