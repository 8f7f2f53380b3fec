// SPDX-License-Identifier: Apache-2.0

/// A percentile interval of a statistic under resampling (Efron 1979).
package struct BootstrapInterval: Codable, Sendable, Equatable {
  /// The 2.5th percentile of the replicates.
  package let low: Double
  /// The 97.5th percentile.
  package let high: Double
  /// How many replicates had a value.
  package let replicates: Int

  /// Draws `count` units (patients, say) with replacement `replicates` times and computes `statistic` from each sample of
  /// unit indices; replicates without a value are left out. Fails when none has one.
  package init(
    count: Int, replicates: Int = 1_000, seed: UInt64, statistic: (_ units: [Int]) -> Double?
  ) throws(NetworkError) {
    guard count > 0, replicates > 0 else { throw .insufficientData }
    var values: [Double] = []
    for replicate in 0..<replicates {
      var random = RandomSource(seed: seed, stream: UInt64(replicate))
      if let value = statistic((0..<count).map { _ in random.index(below: count) }) { values.append(value) }
    }
    try self.init(of: values)
  }

  /// The interval of the replicates of a statistic. Fails when there is none.
  package init(of values: [Double]) throws(NetworkError) {
    guard !values.isEmpty else { throw .insufficientData }
    let sorted = values.sorted()
    low = Quantile.of(sorted, 0.025)
    high = Quantile.of(sorted, 0.975)
    replicates = values.count
  }
}
