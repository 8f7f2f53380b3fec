// SPDX-License-Identifier: Apache-2.0

extension Experiment {
  /// By head the last hour of the stay with a label, of those that end before the model does.
  package var lastHours: [String: Double] {
    var result: [String: Double] = [:]
    let last = table.hours.max() ?? 0
    for (head, labels) in zip(configuration.heads, table.labels) where head.outputs == 1 {
      let own = table.hours.indices.filter { labels.weights[$0] > 0 }.map { table.hours[$0] }.max() ?? 0
      if own < last { result[head.name] = own }
    }
    return result
  }
}
