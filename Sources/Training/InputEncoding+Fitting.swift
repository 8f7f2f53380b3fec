// SPDX-License-Identifier: Apache-2.0
package import Features

extension InputEncoding {
  /// Fits an encoding to rows of a table.
  ///
  /// A column is kept when at least `leastObserved` of the rows have it and it varies; values are winsorised at the 0.5th
  /// and 99.5th percentile. Of the columns that `isFlagged` names, those get a flag that are missing in 2 to 98 % of the
  /// rows.
  package init(
    fitting table: FeatureTable, rows: [Int], leastObserved: Double, clip: Float, isFlagged: (Column) -> Bool
  ) {
    var inputs: [Input] = []
    var flagged: [String] = []
    for (index, column) in table.columns.enumerated() {
      let observed = table.observed(column: index, rows: rows)
      let share = Double(observed.count) / Double(max(rows.count, 1))
      if isFlagged(column), (0.02...0.98).contains(1 - share) { flagged.append(column.id) }
      guard share >= leastObserved, let input = Self.fit(column.id, observed) else { continue }
      inputs.append(input)
    }
    self.init(inputs: inputs, flagged: flagged, clip: clip)
  }

  private static func fit(_ column: String, _ observed: [Float]) -> Input? {
    let sorted = observed.sorted()
    guard !sorted.isEmpty else { return nil }
    func percentile(_ share: Double) -> Float { sorted[Int((share * Double(sorted.count - 1)).rounded())] }
    let (lower, upper) = (percentile(0.005), percentile(0.995))
    var sum = 0.0
    for value in sorted { sum += Double(min(max(value, lower), upper)) }
    let mean = sum / Double(sorted.count)
    var squares = 0.0
    for value in sorted {
      let distance = Double(min(max(value, lower), upper)) - mean
      squares += distance * distance
    }
    let deviation = Float((squares / Double(sorted.count)).squareRoot())
    guard deviation > 1e-6 else { return nil }
    return Input(column: column, lower: lower, upper: upper, mean: Float(mean), standardDeviation: deviation)
  }
}
