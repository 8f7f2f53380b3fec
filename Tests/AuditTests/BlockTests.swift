// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// What whole blocks of records are found by: made with them, made again, and compared with the leaves.
@Suite struct BlockTests {
  /// Two whole blocks and some records; every card is shown three times.
  private static let original = Task { () throws -> TemporaryDirectory in
    let directory = TemporaryDirectory()
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

  private func copy() async throws -> TemporaryDirectory { try await Self.original.value.copy() }

  private func faults(_ directory: TemporaryDirectory) throws -> [TrailFault] {
    let anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    return try TrailVerification(directory.data, against: anchors).faults.filter(\.code.isFault)
  }

  private func tamper(_ directory: TemporaryDirectory, _ sql: String) throws {
    let database = try DatabaseQueue(path: directory.data.trail)
    try database.write { database in
      for table in ["posting", "block"] {
        try database.execute(sql: "DROP TRIGGER \(table)_no_update; DROP TRIGGER \(table)_no_delete")
      }
      try database.execute(sql: sql)
    }
    try database.close()
  }

  @Test func wholeBlocksAreWrittenWithTheirLastRecord() async throws {
    let directory = try await copy()
    #expect(try faults(directory) == [])
    let anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    #expect(try TrailVerification(directory.data, against: anchors).records == 8200)
    let database = try DatabaseQueue(path: directory.data.trail)
    let counts = try await database.read { database in
      try ["posting", "block"].map { try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") }
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

  @Test(arguments: tamperings) func whatRecordsAreFoundByIsComparedWithTheLeaves(sql: String, sequence: Int64)
    async throws
  {
    let directory = try await copy()
    try tamper(directory, sql)
    let found = try faults(directory)
    #expect(found.count == 1 && found.first?.code == .indexDiffers)
    // Of a part that can be read the record is named, of another the block.
    let first = try #require(found.first?.sequence)
    #expect(first >= sequence && first < sequence + 4096, "\(found)")
  }

  /// One entry of one record is taken out, and that record is named.
  @Test func aRecordThatIsNotFoundAnyMoreIsNamed() async throws {
    let directory = try await copy()
    let database = try DatabaseQueue(path: directory.data.trail)
    let part = try await database.read { try Data.fetchOne($0, sql: "SELECT entries FROM posting WHERE id = 0") }
    try database.close()
    var bytes = Array(try #require(part))
    let count = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    // The first entry that is a place and no bit set.
    let places = stride(from: 4, to: 4 + count * 6, by: 6)
    let at = try #require(places.first { bytes[$0 + 4] < 0x80 })
    let place = Int64(bytes[at + 4]) << 8 | Int64(bytes[at + 5])
    bytes.removeSubrange(at..<(at + 6))
    bytes.replaceSubrange(0..<4, with: [0, 0, UInt8((count - 1) >> 8), UInt8((count - 1) & 255)])
    try tamper(directory, "UPDATE posting SET entries = x'\(AuditRecord.hexadecimal(bytes))' WHERE id = 0")
    #expect(try faults(directory) == [TrailFault(.indexDiffers, place + 1)])
  }

  /// A trail of before blocks gets them at the next start, the same as if they had been there.
  @Test func blocksAreMadeForAnOlderTrail() async throws {
    let directory = try await copy()
    func rows() throws -> [Row] {
      let database = try DatabaseQueue(path: directory.data.trail)
      return try database.read { database in
        try Row.fetchAll(database, sql: "SELECT id, entries FROM posting ORDER BY id")
          + Row.fetchAll(database, sql: "SELECT * FROM block ORDER BY number")
      }
    }
    let before = try rows()
    try tamper(directory, "DELETE FROM posting; DELETE FROM block")
    #expect(try faults(directory).map(\.code) == [.indexDiffers, .indexDiffers])
    try AuditTrail(directory: directory.data).close()
    #expect(try rows() == before)
    #expect(try faults(directory) == [])
  }

  @Test func theLastAnswerThatShowedACardIsFoundWhereverItLies() async throws {
    let directory = try await copy()
    let trail = try AuditTrail(directory: directory.data)
    let all = try AuditReader(directory: directory.data).list(limit: 10_000)
    for number in [1, 150, 2100, 2300, 2999] {
      let key: [UInt8] = [9, UInt8(number / 256), UInt8(number % 256)]
      let expected = all.first { $0.entry.cards[0].key == key }
      #expect(try trail.lastAnswer(showing: key)?.sequence == expected?.sequence && expected != nil)
    }
    // Held back in every record, so never shown; and one that nobody knows.
    #expect(try trail.lastAnswer(showing: [4, 5, 6]) == nil)
    #expect(try trail.lastAnswer(showing: [9, 99, 9]) == nil)
    var feedback = AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .feedback)
    feedback.cards = [.init(key: [9, 0, 1])]
    _ = try await trail.append(feedback)
    #expect(try trail.lastAnswer(showing: [9, 0, 1])?.entry.kind == .answer)
    var again = fullEntry(1)
    again.cards[0].key = [9, 0, 1]
    let sequence = try await trail.append(again)
    #expect(try trail.lastAnswer(showing: [9, 0, 1])?.sequence == sequence)
  }

  /// Records of a kind come oldest first, over blocks and the unfinished one.
  @Test func recordsOfAKindAreReadInOrder() async throws {
    let directory = try await copy()
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
