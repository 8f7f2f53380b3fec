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

  /// For rows of a table, by member, the logits of every head (rows x outputs).
  package func logits(_ table: FeatureTable, rows: some Collection<Int>) -> [[Matrix]] {
    ensemble.logits(table.encoded(encoder, rows: rows))
  }

  /// For rows of a table the first logit of a head: the members' mean, summed in Double in their order as an assessment
  /// does it.
  package func meanLogits(_ table: FeatureTable, rows: [Int], head: Int) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(rows.count)
    for start in stride(from: 0, to: rows.count, by: 4096) {
      let batch = rows[start..<min(start + 4096, rows.count)]
      let means = ensemble.meanLogits(table.encoded(encoder, rows: batch), head: head)
      for row in 0..<batch.count { result.append(means[row * ensemble.heads[head].outputs]) }
    }
    return result
  }
}
