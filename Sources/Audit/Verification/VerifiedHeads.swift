// SPDX-License-Identifier: Apache-2.0

/// Which signed heads have to be kept, and whether they are: one of each commit that reaches another 256th record, and of each in
/// which a service starts or stops or the log's key changes (`docs/trail.md`).
struct VerifiedHeads {
  /// Records that one commit brings at most: 128 entries, and in PostgreSQL a note on what was not heard of.
  private static let longestCommit: Int64 = 129

  /// Sizes of those that are kept, in ascending order.
  private let kept: [Int64]
  /// Records that start or stop a service or change the key.
  private var turns: [Int64] = []
  /// The first record that bears a token of a data key: from there on there was a tree.
  private var firstOfTree: Int64?

  init(kept: [Int64]) {
    self.kept = kept.sorted()
  }

  /// Takes note of the next record.
  mutating func add(_ sequence: Int64, isTurn: Bool, hasToken: Bool) {
    if isTurn { turns.append(sequence) }
    if hasToken, firstOfTree == nil { firstOfTree = sequence }
  }

  /// Records behind which a head should be kept and is not, in ascending order.
  ///
  /// - Parameter records: how many there are.
  func missing(records: Int64) -> [Int64] {
    // A new trail keeps the head of nothing; one of before the tree the head that it was given, over all that it had.
    guard let first = kept.first, first == 0 || first < firstOfTree ?? .max else { return [1] }
    let wholes = stride(from: (first / 256 + 1) * 256, through: records, by: 256)
    return (Array(wholes) + turns.filter { $0 > first }).filter { !isKept(from: $0) }.sorted()
  }

  /// Whether the head of the commit is kept that brought a record.
  private func isKept(from sequence: Int64) -> Bool {
    var (low, high) = (0, kept.count)
    while low < high {
      let middle = (low + high) / 2
      if kept[middle] < sequence { low = middle + 1 } else { high = middle }
    }
    return low < kept.count && kept[low] < sequence + Self.longestCommit
  }
}
