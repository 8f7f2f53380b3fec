// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

/// What is done to a trail of 604 records, and what it is found as: the table of `docs/trail.md`.
extension TrailVerificationTests {
  /// One way of tampering: by someone with the file, a shell and the knowledge of the tables.
  struct Tampering: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sql: String
    var code: TrailFault.Code
    var sequence: Int64?
  }

  static let tamperings: [Tampering] = [
    .init(
      testDescription: "a bit of a leaf", sql: "UPDATE record SET leaf = flip(leaf, 20) WHERE sequence = 17",
      code: .leafChanged, sequence: 17),
    .init(
      testDescription: "a bit of a leaf in the unfinished tile",
      sql: "UPDATE record SET leaf = flip(leaf, 20) WHERE sequence = 590", code: .leafChanged, sequence: 590),
    .init(
      testDescription: "a record taken out",
      sql: "DELETE FROM payload WHERE sequence = 300; DELETE FROM record WHERE sequence = 300", code: .recordMissing,
      sequence: 300),
    .init(
      testDescription: "the last records cut off",
      sql: "DELETE FROM payload WHERE sequence > 595; DELETE FROM hold; DELETE FROM record WHERE sequence > 595",
      code: .tileChanged, sequence: 596),
    .init(
      testDescription: "a record put in at the end",
      sql:
        "INSERT INTO record (sequence, leaf, time, kind) SELECT 605, leaf, time, kind FROM record WHERE sequence = 604",
      code: .tileChanged, sequence: 605),
    .init(
      testDescription: "two leaves swapped",
      sql: """
        CREATE TEMP TABLE swapped AS SELECT sequence, leaf FROM record WHERE sequence IN (40, 41);
        UPDATE record SET leaf = (SELECT leaf FROM swapped WHERE sequence = 81 - record.sequence) WHERE sequence IN (40, 41)
        """, code: .leafChanged, sequence: 40),
    .init(
      testDescription: "a column for searching", sql: "UPDATE record SET status = 500 WHERE sequence = 9",
      code: .columnsDiffer, sequence: 9),
    .init(
      testDescription: "the time in a column", sql: "UPDATE record SET time = time + 1 WHERE sequence = 9",
      code: .columnsDiffer, sequence: 9),
    .init(
      testDescription: "a record given to another patient",
      sql: "UPDATE record SET subject = 1 + subject % 7 WHERE sequence = 60", code: .columnsDiffer, sequence: 60),
    .init(
      testDescription: "a payload given to another patient",
      sql: "UPDATE payload SET subject = 1 + subject % 7 WHERE sequence = 60", code: .columnsDiffer, sequence: 60),
    .init(
      testDescription: "a bit of a payload", sql: "UPDATE payload SET bytes = flip(bytes, 40) WHERE sequence = 5",
      code: .payloadChanged, sequence: 5),
    .init(
      testDescription: "two payloads swapped",
      sql: "UPDATE payload SET bytes = (SELECT bytes FROM payload WHERE sequence = 8) WHERE sequence = 1",
      code: .payloadChanged, sequence: 1),
    .init(
      testDescription: "a payload called one of before", sql: "UPDATE payload SET encoding = 2 WHERE sequence = 12",
      code: .payloadChanged, sequence: 12),
    .init(
      testDescription: "a payload of an encoding that there is not",
      sql: "UPDATE payload SET encoding = 9 WHERE sequence = 13", code: .payloadChanged, sequence: 13),
    .init(
      testDescription: "a payload taken out", sql: "DELETE FROM payload WHERE sequence = 77", code: .payloadMissing,
      sequence: 77),
    .init(
      testDescription: "a hash of a leaf's tile", sql: "UPDATE tile SET hashes = flip(hashes, 32 * 9) WHERE id = 0",
      code: .tileChanged, sequence: 10),
    .init(
      testDescription: "a hash of an upper tile",
      sql: "UPDATE tile SET hashes = flip(hashes, 40) WHERE id = 1 << 48", code: .tileChanged, sequence: 257),
    .init(
      testDescription: "a tile that is longer than a tile",
      sql: "UPDATE tile SET hashes = longer(hashes) WHERE id = 1",
      code: .tileChanged,
      sequence: 257),
    .init(
      testDescription: "a tile of no records",
      sql: "INSERT INTO tile (id, hashes) VALUES (900, x'\(String(repeating: "00", count: 32))')", code: .tileChanged,
      sequence: 605),
    .init(
      testDescription: "a tile of no level",
      sql: "INSERT INTO tile (id, hashes) VALUES (-5, x'\(String(repeating: "00", count: 32))')", code: .tileChanged,
      sequence: 605),
    .init(
      testDescription: "a kept checkpoint taken out", sql: "DELETE FROM checkpoint WHERE size = 512",
      code: .checkpointMissing, sequence: 512),
    .init(
      testDescription: "all kept checkpoints taken out", sql: "DELETE FROM checkpoint", code: .checkpointMissing,
      sequence: 1),
    .init(
      testDescription: "the first of the kept checkpoints taken out", sql: "DELETE FROM checkpoint WHERE size < 300",
      code: .checkpointMissing, sequence: 1),
    .init(testDescription: "a tile taken out", sql: "DELETE FROM tile WHERE id = 1", code: .tileChanged, sequence: 257),
    .init(
      testDescription: "a checkpoint's root", sql: "UPDATE checkpoint SET note = replace(note, '\n512\n', '\n513\n')",
      code: .checkpointUnsigned, sequence: 512),
    .init(
      testDescription: "the head of before",
      sql: "UPDATE head SET size = 512, note = (SELECT note FROM checkpoint WHERE size = 512)", code: .headDiffers,
      sequence: 513),
    .init(
      testDescription: "the head's signature", sql: "UPDATE head SET note = replace(note, ' ', '  ')",
      code: .checkpointUnsigned, sequence: 604),
    .init(
      testDescription: "a data key", sql: "UPDATE subject_key SET wrapped = flip(wrapped, 20) WHERE id = 1",
      code: .keyChanged, sequence: 1),
    .init(
      testDescription: "a patient hidden by another pseudonym",
      sql: "UPDATE subject_key SET pseudonym = x'\(String(repeating: "00", count: 31))4D' WHERE id = 2",
      code: .keyChanged, sequence: 2),
    .init(
      testDescription: "a patient hidden by no pseudonym", sql: "UPDATE subject_key SET pseudonym = NULL WHERE id = 5",
      code: .keyChanged, sequence: 5),
    .init(
      testDescription: "two patients' pseudonyms exchanged",
      sql: """
        CREATE TEMP TABLE swapped AS SELECT id, pseudonym FROM subject_key WHERE id IN (3, 4);
        UPDATE subject_key SET pseudonym = (SELECT pseudonym FROM swapped WHERE id = 7 - subject_key.id) WHERE id IN (3, 4)
        """, code: .keyChanged, sequence: 3),
    .init(
      testDescription: "two patients' rows of keys exchanged",
      sql: """
        CREATE TEMP TABLE swapped AS SELECT * FROM subject_key WHERE id IN (3, 4);
        UPDATE subject_key SET pseudonym = (SELECT pseudonym FROM swapped WHERE id = 7 - subject_key.id),
          wrapped = (SELECT wrapped FROM swapped WHERE id = 7 - subject_key.id) WHERE id IN (3, 4)
        """, code: .keyChanged, sequence: 3),
    .init(
      testDescription: "a data key of no record",
      sql: "INSERT INTO subject_key SELECT 99, pseudonym, flip(wrapped, 30) FROM subject_key WHERE id = 6",
      code: .keyChanged, sequence: nil),
    .init(
      testDescription: "a row of a data key taken out", sql: "DELETE FROM subject_key WHERE id = 2",
      code: .columnsDiffer,
      sequence: 2),
    .init(
      testDescription: "a data key destroyed in silence",
      sql: "UPDATE subject_key SET wrapped = NULL, pseudonym = NULL WHERE id = 2", code: .keyLost, sequence: 2),
    .init(
      testDescription: "a leaf that is none", sql: "UPDATE record SET leaf = x'0102' WHERE sequence = 17",
      code: .leafUnreadable, sequence: 17),
    .init(
      testDescription: "content of no record",
      sql: "INSERT INTO payload (sequence, encoding, bytes, subject) VALUES (700, 3, x'00', 1)",
      code: .payloadUnexpected, sequence: 700),
    .init(
      testDescription: "a legal hold released in silence", sql: "UPDATE hold SET released = 600 WHERE sequence = 604",
      code: .holdDiffers, sequence: 604),
    .init(
      testDescription: "a legal hold given to another patient",
      sql: "UPDATE hold SET pseudonym = (SELECT pseudonym FROM subject_key WHERE id = 3) WHERE sequence = 604",
      code: .holdDiffers, sequence: 604),
    .init(
      testDescription: "a legal hold taken away", sql: "DELETE FROM hold WHERE sequence = 601", code: .holdDiffers,
      sequence: 601),
    .init(
      testDescription: "a legal hold that nobody put on",
      sql: "INSERT INTO hold (pseudonym, sequence) SELECT pseudonym, 44 FROM hold LIMIT 1", code: .holdDiffers,
      sequence: 44),
  ]
}
