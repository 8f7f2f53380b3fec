// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Synchronization
import Testing

/// What is erased in PostgreSQL is in no table's file, whoever reads beside it, and no key is left that came in the same moment.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct SharedErasureTests {
  private func wrappedKey(_ directory: TemporaryDirectory, of patient: [UInt8]) throws -> String {
    try directory.psql(
      "SELECT encode(wrapped, 'hex') FROM subject_key WHERE pseudonym = '\\x\(AuditRecord.hexadecimal(patient))'")
  }

  /// Whether the file of the table holds some bytes.
  private func fileHolds(_ hexadecimal: String, _ directory: TemporaryDirectory) throws -> Bool {
    try directory.psql(
      """
      CHECKPOINT; SELECT position('\\x\(hexadecimal)'::bytea IN pg_read_binary_file(pg_relation_filepath('subject_key'))) > 0
      """) == "t"
  }

  /// Of another program's, which keeps what it may still want to see.
  @Test func aSnapshotKeepsNothing() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    for number in 2...3 { _ = try await trail.append(fullEntry(number)) }
    let (erased, kept) = (fullEntry(2).patient ?? [], fullEntry(3).patient ?? [])
    let (key, other) = (try wrappedKey(directory, of: erased), try wrappedKey(directory, of: kept))
    #expect(try fileHolds(key, directory))
    let snapshot = try directory.session("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM record")
    _ = try await trail.done(.erasure, to: erased)
    #expect(try !fileHolds(key, directory))
    #expect(try fileHolds(other, directory))
    try snapshot.input.fileHandleForWriting.close()
    snapshot.process.waitUntilExit()
    #expect(try AuditReader(directory: directory.data).record(2).entry == fullEntry(3))
  }

  /// A verification or a backup sees the trail as it was when it began. The erasure is done, and its traces go when that has ended.
  @Test func whoeverReadsIsWaitedFor() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    for number in 2...3 { _ = try await trail.append(fullEntry(number)) }
    let erased = fullEntry(2).patient ?? []
    let key = try wrappedKey(directory, of: erased)
    let store = try directory.data.openForReading()
    let (begun, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let keys = Mutex<Int64?>(nil)
    let reading = Task.detached {
      try store.read { database in
        _ = try database.number("SELECT count(*) FROM record")
        begun.signal()
        ended.wait()
        let seen = try database.number("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL")
        keys.withLock { $0 = seen }
      }
    }
    await withCheckedContinuation { done in
      DispatchQueue.global().async {
        begun.wait()
        done.resume()
      }
    }
    #expect(try await trail.done(.erasure, to: erased) == 4)
    #expect(throws: AuditError(.erased, sequence: 1)) { try AuditReader(directory: directory.data).record(1) }
    ended.signal()
    try await reading.value
    #expect(keys.withLock { $0 } == 2, "nothing went from under it")
    #expect(try fileHolds(key, directory) && !trail.isWiped)
    // Each service that runs gets to know, also one that comes afterwards, and has it done.
    let folder = try directory.copy()
    let other = try AuditTrail(directory: folder.data)
    #expect(try !fileHolds(key, directory))
    try directory.psql("INSERT INTO wiping VALUES (1)")
    _ = try await other.control()
    #expect(!other.isWiped)
    await other.finishWiping()
    #expect(try other.isWiped && directory.psql("SELECT count(*) FROM wiping") == "0")
    try other.close()
  }

  /// Another service stores a key of the patient while the erasure is under way, which knows nothing of it.
  @Test func aKeyOfTheSameMomentIsDestroyed() async throws {
    let directory = try TemporaryDirectory(.postgreSQL)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(2))
    let patient = AuditRecord.hexadecimal(fullEntry(2).patient ?? [])
    // Once: a sequence forgets nothing with the transaction that is taken back.
    try directory.psql(
      """
      CREATE SEQUENCE meanwhile;
      CREATE FUNCTION other_service() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.kind = 'erasure' AND nextval('meanwhile') = 1 THEN
          INSERT INTO subject_key SELECT 999, pseudonym, wrapped FROM subject_key WHERE pseudonym = '\\x\(patient)';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER meanwhile AFTER INSERT ON record FOR EACH ROW EXECUTE FUNCTION other_service()
      """)
    #expect(try await trail.done(.erasure, to: fullEntry(2).patient ?? []) == 3)
    #expect(try directory.psql("SELECT nextval('meanwhile')") == "3", "it was refused once, and asked anew")
    #expect(try directory.psql("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL") == "0")
  }
}
