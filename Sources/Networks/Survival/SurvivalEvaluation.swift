// SPDX-License-Identifier: Apache-2.0

/// Observed survival: per row a time and whether it ended in the event (true) or in censoring.
///
/// The measures assume administrative censoring: a row without an event was followed up to its time, for the same reason
/// in all rows (a common horizon), not because of its state.
package struct SurvivalEvaluation: Sendable {
  package let times: [Double]
  package let events: [Bool]

  package init(times: [Double], events: [Bool]) {
    precondition(times.count == events.count)
    self.times = times
    self.events = events
  }

  /// Every row that goes on past `horizon` censored there.
  package func censored(at horizon: Double) -> SurvivalEvaluation {
    SurvivalEvaluation(
      times: times.map { min($0, horizon) }, events: zip(times, events).map { $0 <= horizon && $1 })
  }

  /// Harrell's concordance index (1982): of the pairs in which one row had its event before the other's time (or at the
  /// time at which the other was censored), the share in which it also had the higher risk, equal risks counting half.
  /// nil when no pair can be compared.
  package func concordance(risks: [Double]) -> Double? {
    precondition(risks.count == times.count)
    let distinct = Array(Set(risks)).sorted()
    var rank: [Double: Int] = [:]
    for (index, risk) in distinct.enumerated() { rank[risk] = index }
    // From the last time to the first; the tree counts the risks of the rows that outlive the current time.
    let order = times.indices.sorted { times[$0] == times[$1] ? $0 < $1 : times[$0] > times[$1] }
    var tree = FenwickTree(count: distinct.count)
    var (concordant, tied, comparable) = (0, 0, 0)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, times[order[end]] == times[order[start]] { end += 1 }
      let group = order[start..<end]
      for row in group where !events[row] { tree.add(rank[risks[row]] ?? 0) }
      for row in group where events[row] {
        let own = rank[risks[row]] ?? 0
        let below = tree.count(below: own)
        let upTo = tree.count(below: own + 1)
        concordant += below
        tied += upTo - below
        comparable += tree.total
      }
      for row in group where events[row] { tree.add(rank[risks[row]] ?? 0) }
      start = end
    }
    return comparable > 0 ? (Double(concordant) + Double(tied) / 2) / Double(comparable) : nil
  }

  /// The Brier score at `time`: the mean of (alive then − predicted survival)² over the rows whose state then is known.
  /// nil if there are none.
  package func brier(_ curves: [SurvivalCurve], at time: Double) -> Double? {
    var (sum, count) = (0.0, 0)
    for (row, curve) in curves.enumerated() where times[row] > time || events[row] || times[row] == time {
      let alive = times[row] > time || !events[row] ? 1.0 : 0
      let difference = alive - curve.probability(at: time)
      sum += difference * difference
      count += 1
    }
    return count > 0 ? sum / Double(count) : nil
  }

  /// The integrated Brier score: the mean of the Brier score over [`start`, `end`], by the trapezium rule on whole days
  /// from `start`. nil when the score of a day is unknown.
  package func integratedBrier(_ curves: [SurvivalCurve], from start: Double, to end: Double) -> Double? {
    guard end > start else { return nil }
    var grid = Array(stride(from: start, to: end, by: 1))
    grid.append(end)
    var (sum, before): (Double, (time: Double, score: Double)?) = (0, nil)
    for time in grid {
      guard let score = brier(curves, at: time) else { return nil }
      if let before { sum += (time - before.time) * (score + before.score) / 2 }
      before = (time, score)
    }
    return sum / (end - start)
  }
}

/// Counts of numbers in 0..<count with prefix sums in logarithmic time (Fenwick 1994).
private struct FenwickTree {
  private var sums: [Int]
  private(set) var total = 0

  init(count: Int) {
    sums = [Int](repeating: 0, count: count + 1)
  }

  mutating func add(_ value: Int) {
    total += 1
    var index = value + 1
    while index < sums.count {
      sums[index] += 1
      index += index & -index
    }
  }

  /// How many of the added numbers are below `bound`.
  func count(below bound: Int) -> Int {
    var (index, sum) = (bound, 0)
    while index > 0 {
      sum += sums[index]
      index -= index & -index
    }
    return sum
  }
}
