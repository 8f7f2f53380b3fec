// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Testing

/// The canonical bytes of a record: written one way, read back only from that way.
@Suite struct LeafTests {
  static func record(_ number: Int) -> AuditRecord {
    var entry = fullEntry(number)
    entry.payload = nil
    entry.amends = Int64(number) - 1
    return AuditRecord(sequence: Int64(number), entry: entry, commitment: [UInt8](repeating: 5, count: 32))
  }

  @Test func goldenBytes() {
    var entry = AuditEntry(time: Instant(milliseconds: 1), kind: .start)
    entry.note = "v"
    let record = AuditRecord(sequence: 258, entry: entry, commitment: nil)
    // Version 1; tag, length and value of sequence, time, kind, note. A change here breaks every trail ever written.
    #expect(
      record.leaf == [
        1, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1,
        3, 0, 0, 0, 5, 0x73, 0x74, 0x61, 0x72, 0x74, 16, 0, 0, 0, 1, 0x76,
      ])
  }

  @Test(arguments: [0, 1, 255, 70_000]) func readsWhatItWrites(number: Int) {
    let record = Self.record(number)
    #expect(AuditRecord(leaf: record.leaf) == record)
  }

  /// No two byte strings are the same record: a flipped bit is another record or none.
  @Test func everyFlippedBitIsSeen() {
    let record = Self.record(42)
    let leaf = record.leaf
    for position in leaf.indices {
      for bit in 0..<8 {
        var changed = leaf
        changed[position] ^= 1 << bit
        #expect(AuditRecord(leaf: changed) != record)
      }
    }
  }

  @Test func cutOrLengthenedLeavesAreRefused() {
    let leaf = Self.record(42).leaf
    for length in 0..<leaf.count where length != leaf.count {
      let cut = AuditRecord(leaf: Array(leaf[..<length]))
      #expect(cut == nil || cut?.leaf.count == length)
    }
    #expect(AuditRecord(leaf: leaf + [0]) == nil)
    #expect(AuditRecord(leaf: []) == nil)
  }
}
