// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// What whole blocks of records are found by: made with them, made again, and compared with the leaves.
@Suite struct BlockTests {
  /// Two whole blocks and some records; every card is shown three times.
  private static let originals = Dictionary(
    uniqueKeysWithValues: TestStore.atHand.map { store in (store, Task { try await make(in: store) }) })

  private static func make(in store: TestStore) async throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(1...8200, to: trail) { number in
      var entry = fullEntry(number, payloadBytes: 0)
      entry.payload = nil
      entry.cards[0].key = [9, UInt8(number % 3000 / 256), UInt8(number % 3000 % 256)]
      entry.note = "\(number)"
      return entry
    }
    try trail.close()
    return directory
  }

  private func copy(in store: TestStore) async throws -> TemporaryDirectory {
    try await #require(Self.originals[store]).value.duplicate()
  }

  private func faults(_ directory: TemporaryDirectory) throws -> [TrailFault] {
    let anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    return try TrailVerification(directory.data, against: anchors).faults.filter(\.code.isFault)
  }

  @Test(arguments: TestStore.atHand) func wholeBlocksAreWrittenWithTheirLastRecord(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    #expect(try faults(directory) == [])
    let anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    #expect(try TrailVerification(directory.data, against: anchors).records == 8200)
    let counts = try directory.data.openForReading().read { database in
      try ["posting", "block"].map { try database.number("SELECT count(*) FROM \($0)") }
    }
    #expect(counts == [128, 2])
  }

  static let tamperings: [(sql: String, sequence: Int64)] = [
    ("UPDATE posting SET entries = substr(entries, 1, length(entries) - 1) WHERE id = 1", 4097),
    ("DELETE FROM posting WHERE id = (5 << 40) | 1", 4097),
    ("UPDATE posting SET entries = x'00000000' WHERE id = 7 << 40", 1),
    ("UPDATE block SET earliest = earliest + 1 WHERE number = 1", 4097),
    ("UPDATE block SET latest = latest - 1 WHERE number = 0", 1),
    ("DELETE FROM block WHERE number = 0", 1),
    ("INSERT INTO block VALUES (2, 0, 0)", 8193),
    ("INSERT INTO posting VALUES ((3 << 40) | 9, x'00000000')", 36865),
  ]

  @Test(arguments: tamperings, TestStore.atHand)
  func whatRecordsAreFoundByIsComparedWithTheLeaves(_ tampering: (sql: String, sequence: Int64), _ store: TestStore)
    async throws
  {
    let directory = try await copy(in: store)
    let (sql, sequence) = tampering
    try directory.tamper(sql)
    let found = try faults(directory)
    #expect(found.count == 1 && found.first?.code == .indexDiffers)
    // Of a part that can be read the record is named, of another the block.
    let first = try #require(found.first?.sequence)
    #expect(first >= sequence && first < sequence + 4096, "\(found)")
  }

  /// One entry of one record is taken out, and that record is named.
  @Test(arguments: TestStore.atHand) func aRecordThatIsNotFoundAnyMoreIsNamed(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    let part = try directory.data.openForReading().read { database in
      try database.query("SELECT entries FROM posting WHERE id = 0", []) { $0.bytes(0) ?? [] }
    }
    var bytes = try #require(part.first)
    let count = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    // The first entry that is a place and no bit set.
    let places = stride(from: 4, to: 4 + count * 6, by: 6)
    let at = try #require(places.first { bytes[$0 + 4] < 0x80 })
    let place = Int64(bytes[at + 4]) << 8 | Int64(bytes[at + 5])
    bytes.removeSubrange(at..<(at + 6))
    bytes.replaceSubrange(0..<4, with: [0, 0, UInt8((count - 1) >> 8), UInt8((count - 1) & 255)])
    try directory.tamper("UPDATE posting SET entries = x'\(AuditRecord.hexadecimal(bytes))' WHERE id = 0")
    #expect(try faults(directory) == [TrailFault(.indexDiffers, place + 1)])
  }

  /// A trail of before blocks gets them at the next start, the same as if they had been there.
  @Test(arguments: TestStore.atHand) func blocksAreMadeForAnOlderTrail(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    func rows() throws -> [[UInt8]] {
      try directory.data.openForReading().read { database in
        try database.query("SELECT id, entries FROM posting ORDER BY id", []) {
          Array("\($0.number(0) ?? -1) ".utf8) + ($0.bytes(1) ?? [])
        }
          + database.query("SELECT number, earliest, latest FROM block ORDER BY number", []) { row in
            Array((0..<3).map { "\(row.number($0) ?? -1)" }.joined(separator: " ").utf8)
          }
      }
    }
    let before = try rows()
    try directory.tamper("DELETE FROM posting; DELETE FROM block")
    #expect(try faults(directory).map(\.code) == [.indexDiffers, .indexDiffers])
    try AuditTrail(directory: directory.data).close()
    #expect(try rows() == before)
    #expect(try faults(directory) == [])
  }

  @Test(arguments: TestStore.atHand) func theLastAnswerThatShowedACardIsFoundWhereverItLies(_ store: TestStore)
    async throws
  {
    let directory = try await copy(in: store)
    let trail = try AuditTrail(directory: directory.data)
    let all = try AuditReader(directory: directory.data).list(limit: 10_000)
    for number in [1, 150, 2100, 2300, 2999] {
      let key: [UInt8] = [9, UInt8(number / 256), UInt8(number % 256)]
      let expected = all.first { $0.entry.cards[0].key == key }
      #expect(try await trail.lastAnswer(showing: key)?.sequence == expected?.sequence && expected != nil)
    }
    // Held back in every record, so never shown; and one that nobody knows.
    #expect(try await trail.lastAnswer(showing: [4, 5, 6]) == nil)
    #expect(try await trail.lastAnswer(showing: [9, 99, 9]) == nil)
    var feedback = AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .feedback)
    feedback.cards = [.init(key: [9, 0, 1])]
    _ = try await trail.append(feedback)
    #expect(try await trail.lastAnswer(showing: [9, 0, 1])?.entry.kind == .answer)
    var again = fullEntry(1)
    again.cards[0].key = [9, 0, 1]
    let sequence = try await trail.append(again)
    #expect(try await trail.lastAnswer(showing: [9, 0, 1])?.sequence == sequence)
  }

  /// Records of a kind come oldest first, over blocks and the unfinished one.
  @Test(arguments: TestStore.atHand) func recordsOfAKindAreReadInOrder(_ store: TestStore) async throws {
    let directory = try await copy(in: store)
    let reader = try AuditReader(directory: directory.data)
    var sequences: [Int64] = []
    while true {
      let page = try reader.records(
        [.answer, .feedback], since: Instant(milliseconds: 0), after: sequences.last ?? 0, limit: 3000)
      guard !page.isEmpty else { break }
      sequences += page.map(\.sequence)
    }
    #expect(sequences == Array(1...8200))
    #expect(try reader.records([.stop], since: Instant(milliseconds: 0), after: 0, limit: 1) == [])
    #expect(
      try reader.records([.answer], since: Instant(milliseconds: 1_700_000_008_100), after: 0, limit: 9000).count == 101
    )
  }
}

/// Appends entries from as many callers as a busy service has: a test need not wait for the disk once for each.
func appendTogether(
  _ numbers: ClosedRange<Int>, to trail: AuditTrail, _ entry: @escaping @Sendable (Int) -> AuditEntry
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for first in 0..<64 {
      group.addTask {
        for number in stride(from: numbers.lowerBound + first, through: numbers.upperBound, by: 64) {
          _ = try await trail.append(entry(number))
        }
      }
    }
    try await group.waitForAll()
  }
}
