// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Looks for records by what they have: block by block, reading only the records that can be meant.
struct BlockSearch {
  /// The record has at least one term of each group.
  var groups: [[SearchTerm]] = []
  /// Only records of this time or later, and before that one; ms since 1970.
  var since = Int64.min
  var until = Int64.max
  /// Only records with a number in here.
  var sequences: Range<Int64> = 1..<Int64.max
  /// Oldest first; newest first otherwise.
  var isAscending = false
  /// Whether a record that was found is really meant.
  var isWanted: (AuditRecord) -> Bool = { _ in true }

  /// Blocks in one read, so that a long search keeps no snapshot open while others write.
  private static let blocksInRead = 256

  /// The first records that are meant, in order and without payloads.
  ///
  /// - Parameter read: runs a read in one snapshot.
  func first<Failure: Error>(
    _ limit: Int, read: (_ work: (any TrailDatabase) throws -> [AuditRecord]) throws(Failure) -> [AuditRecord]
  ) throws(Failure) -> [AuditRecord] {
    var numbers: [Int64] = []
    var whole: Int64 = 0
    _ = try read { database in
      whole = try BlockStore.count(in: database)
      numbers = try self.numbers(whole, database)
      return []
    }
    var found: [AuditRecord] = []
    var start = 0
    while start < numbers.count, found.count < limit {
      let end = min(start + Self.blocksInRead, numbers.count)
      found += try read { database in
        var page: [AuditRecord] = []
        let walks = try walks(over: numbers[start..<end].filter { $0 < whole }, database)
        for number in numbers[start..<end] where found.count + page.count < limit {
          let left = limit - found.count - page.count
          // An unfinished block has no index, and without a term none is of use.
          page +=
            number < whole && !groups.isEmpty
            ? try lookUp(number, walks, left, database) : try readThrough(number, left, database)
        }
        return page
      }
      start = end
    }
    return found
  }

  /// The newest record of a kind, behind another.
  static func newest<Failure: Error>(
    _ kind: AuditEntry.Kind, after sequence: Int64 = 0,
    read: (_ work: (any TrailDatabase) throws -> [AuditRecord]) throws(Failure) -> [AuditRecord]
  ) throws(Failure) -> AuditRecord? {
    var search = BlockSearch()
    search.groups = [[SearchTerm(.kind, kind.rawValue)]]
    search.sequences = (sequence + 1)..<Int64.max
    search.isWanted = { $0.entry.kind == kind }
    return try search.first(1, read: read).first
  }

  /// Numbers of the blocks to look into, in the order of the search; the unfinished one is among them.
  private func numbers(_ whole: Int64, _ database: any TrailDatabase) throws -> [Int64] {
    let end = min(sequences.upperBound, try database.lastRecord() + 1)
    guard sequences.lowerBound < end else { return [] }
    let range = RecordBlock.number(of: sequences.lowerBound)..<(RecordBlock.number(of: end - 1) + 1)
    var numbers = try BlockStore.numbers(
      from: range.lowerBound, to: min(range.upperBound, whole), since: since, until: until, database)
    numbers += (max(range.lowerBound, whole)..<max(range.upperBound, whole))
    return isAscending ? numbers : numbers.reversed()
  }

  /// The first group's terms, of which each block's part is read: the others are looked up where these are found.
  private func walks(over numbers: [Int64], _ database: any TrailDatabase) throws -> [BlockStore.Walk] {
    guard let group = groups.first, let low = numbers.min(), let high = numbers.max() else { return [] }
    return try group.map { try BlockStore.Walk($0, blocks: low...high, isAscending: isAscending, in: database) }
  }

  private func lookUp(
    _ number: Int64, _ walks: [BlockStore.Walk], _ limit: Int, _ database: any TrailDatabase
  ) throws -> [AuditRecord] {
    let block = RecordBlock(number: number).sequences
    var positions = PositionSet()
    for walk in walks { positions.formUnion(try walk.positions(block: number)) }
    if positions.isEmpty { return [] }
    for group in groups.dropFirst() {
      var ofGroup = PositionSet()
      for term in group { ofGroup.formUnion(try BlockStore.positions(of: term, block: number, in: database)) }
      positions.formIntersection(ofGroup)
      if positions.isEmpty { return [] }
    }
    let candidates = positions.positions.map { block.lowerBound + Int64($0) }.filter(sequences.contains)
    var found: [AuditRecord] = []
    for sequence in isAscending ? candidates : candidates.reversed() {
      guard found.count < limit, let record = try StoredRecord.record(sequence, database) else { continue }
      if isMeant(record) { found.append(record) }
    }
    return found
  }

  private func readThrough(_ number: Int64, _ limit: Int, _ database: any TrailDatabase) throws -> [AuditRecord] {
    let block = RecordBlock(number: number).sequences.clamped(to: sequences)
    let rows = try database.rows(
      "\(StoredRecord.select) WHERE sequence >= ? AND sequence < ? ORDER BY sequence \(isAscending ? "ASC" : "DESC")",
      [.number(block.lowerBound), .number(block.upperBound)])
    var found: [AuditRecord] = []
    while found.count < limit, let row = try rows.next() {
      let record = try StoredRecord.record(row)
      if isMeant(record) { found.append(record) }
    }
    return found
  }

  private func isMeant(_ record: AuditRecord) -> Bool {
    let time = record.entry.time.milliseconds
    return time >= since && time < until && isWanted(record)
  }
}
