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

  /// The same networks behind an encoding that is moved to another site, by charts without labels: each column is shifted
  /// and stretched so that there, too, its mean is 0 and its deviation 1. A column that the site's charts have in too few
  /// rows, or always alike, stays as it is.
  package func adapted(to table: FeatureTable, rows: [Int], leastObserved: Double) -> TrainedModel {
    let chosen = stride(from: 0, to: rows.count, by: max(1, rows.count / 60_000)).map { rows[$0] }
    let local = InputEncoding(fitting: table, rows: chosen, leastObserved: leastObserved, clip: 4) { _ in false }
    let scales = Dictionary(uniqueKeysWithValues: local.inputs.map { ($0.column, $0.scale) })
    var encoding = encoder.encoding
    var first: [String: InputEncoding.Scale] = [:]
    for index in encoding.inputs.indices {
      let input = encoding.inputs[index]
      // The first input of a column is the whole of it; its pieces move with it.
      let whole = first[input.column] ?? input.scale
      first[input.column] = whole
      guard let there = scales[input.column] else { continue }
      let stretch = there.standardDeviation / whole.standardDeviation
      func moved(_ value: Float) -> Float { there.mean + (value - whole.mean) * stretch }
      encoding.inputs[index].scale = .init(
        lower: moved(input.scale.lower), upper: moved(input.scale.upper), mean: moved(input.scale.mean),
        standardDeviation: input.scale.standardDeviation * stretch)
    }
    guard let encoder = InputEncoder(encoding, columns: table.columns) else { return self }
    return TrainedModel(encoder: encoder, ensemble: ensemble)
  }
}
