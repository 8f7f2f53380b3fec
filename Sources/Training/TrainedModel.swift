// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// What fitting yields: how inputs are encoded, and the networks.
package struct TrainedModel: Sendable {
  package let encoder: InputEncoder
  package let ensemble: Ensemble

  package init(encoder: InputEncoder, ensemble: Ensemble) {
    self.encoder = encoder
    self.ensemble = ensemble
  }

  /// What the members say of rows of a table: by member the logits of every head (rows × outputs), handed to `take` in
  /// batches, in the order of the rows; `jobs` batches are computed at a time.
  package func predict(
    _ table: FeatureTable, rows: [Int], jobs: Int, take: (_ batch: Range<Int>, _ logits: [[Matrix]]) -> Void
  ) async {
    let size = 4096
    await withTaskGroup(of: (Range<Int>, [[Matrix]]).self) { group in
      var running = 0
      for start in stride(from: 0, to: rows.count, by: size) {
        if running >= max(jobs, 1), let (batch, logits) = await group.next() {
          take(batch, logits)
          running -= 1
        }
        let batch = start..<min(start + size, rows.count)
        group.addTask { (batch, ensemble.logits(table.encoded(encoder, rows: rows[batch]))) }
        running += 1
      }
      for await (batch, logits) in group { take(batch, logits) }
    }
  }

  /// The mean of the members' first logits of a head, by row: summed in Double in their order, as an assessment does it.
  package static func meanLogits(_ logits: [[Matrix]], head: Int) -> [Double] {
    (0..<logits[0][head].rows).map { row in
      logits.map { Double($0[head][row, 0]) }.reduce(0, +) / Double(logits.count)
    }
  }
}
