// SPDX-License-Identifier: Apache-2.0

/// The product-limit estimate of survival without covariates (Kaplan and Meier 1958).
package struct KaplanMeier: Codable, Sendable, Equatable {
  /// The distinct times with an event, ascending.
  package let times: [Double]
  /// The survival from each of them on: Π (1 − events/at risk).
  package let survival: [Double]

  package init(times: [Double], events: [Bool]) {
    precondition(times.count == events.count)
    let order = times.indices.sorted { times[$0] == times[$1] ? $0 < $1 : times[$0] < times[$1] }
    var (steps, values, alive, start) = ([Double](), [Double](), 1.0, 0)
    while start < order.count {
      var end = start + 1
      while end < order.count, times[order[end]] == times[order[start]] { end += 1 }
      let deaths = order[start..<end].count { events[$0] }
      if deaths > 0 {
        // Rows censored at a time count as at risk then.
        alive *= 1 - Double(deaths) / Double(order.count - start)
        steps.append(times[order[start]])
        values.append(alive)
      }
      start = end
    }
    self.times = steps
    self.survival = values
  }

  /// The estimated probability of surviving past `time`.
  package func probability(at time: Double) -> Double {
    times.lastIndex { $0 <= time }.map { survival[$0] } ?? 1
  }
}
