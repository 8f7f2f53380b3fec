// SPDX-License-Identifier: Apache-2.0

/// The probability of being alive over time, from the hazards of consecutive intervals.
package struct SurvivalCurve: Codable, Sendable, Equatable {
  /// The end of each interval, ascending; the first begins at 0.
  package let ends: [Double]
  /// The probability of surviving past each end.
  package let survival: [Double]

  /// S(k) = Π (1 − hazard i) over i ≤ k.
  package init(hazards: [Double], ends: [Double]) {
    precondition(hazards.count == ends.count && !ends.isEmpty)
    self.ends = ends
    var alive = 1.0
    survival = hazards.map {
      alive *= 1 - $0
      return alive
    }
  }

  /// The curve of a hazard head's logits.
  package init(logits: some Collection<Float>, ends: [Double]) {
    self.init(hazards: logits.map { Elementary.sigmoid(Double($0)) }, ends: ends)
  }

  /// The mean of several curves over the same intervals, e.g. of an ensemble's members.
  package init(mean curves: [SurvivalCurve]) {
    precondition(!curves.isEmpty && curves.allSatisfy { $0.ends == curves[0].ends })
    ends = curves[0].ends
    survival = ends.indices.map { k in curves.reduce(0) { $0 + $1.survival[k] } / Double(curves.count) }
  }

  /// The probability of surviving past `time`: linear within an interval (deaths spread evenly over it), 1 at time 0,
  /// constant after the last end.
  package func probability(at time: Double) -> Double {
    var (start, before) = (0.0, 1.0)
    for (end, after) in zip(ends, survival) {
      if time < end { return before + (after - before) * max(time - start, 0) / (end - start) }
      (start, before) = (end, after)
    }
    return before
  }
}
