// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// What fitting yields: how inputs are encoded, and the networks.
package struct TrainedModel: Sendable {
  package let encoder: InputEncoder
  package let ensemble: Ensemble

  /// Mean logits of the members by head (rows x outputs) for rows of a table, batch by batch.
  package func logits(_ table: FeatureTable, rows: [Int]) -> [Matrix] {
    var parts: [[Float]] = Array(repeating: [], count: ensemble.architecture.heads.count)
    for start in stride(from: 0, to: rows.count, by: 4096) {
      let batch = rows[start..<min(start + 4096, rows.count)]
      for (head, logits) in ensemble.meanLogits(table.encoded(encoder, rows: batch)).enumerated() {
        parts[head] += logits.values
      }
    }
    return zip(ensemble.architecture.heads, parts).map {
      Matrix(rows: rows.count, columns: $0.outputs, values: $1)
    }
  }
}
