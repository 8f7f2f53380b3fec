// SPDX-License-Identifier: Apache-2.0
package import Features

extension InputEncoding {
  /// Fits an encoding to rows of a table.
  ///
  /// A column is kept when at least `leastObserved` of the rows have it and it varies; values are winsorised at the 0.5th
  /// and 99.5th percentile. Of the columns that `isFlagged` names, those get a flag that are missing in 2 to 98 % of the
  /// rows. Columns in `leftOut` do neither. The columns of a profile's `sequence`, which are the last, become steps; all steps of a series share a scale.
  package init(
    fitting table: FeatureTable, rows: [Int], leastObserved: Double, clip: Float, leftOut: Set<String> = [],
    sequence: FeatureSequence? = nil, isFlagged: (Column) -> Bool
  ) {
    let first = table.columns.count - (sequence?.columnCount ?? 0)
    var inputs: [Input] = []
    var flagged: [String] = []
    for (index, column) in table.columns[..<first].enumerated() where !leftOut.contains(column.id) {
      let observed = table.observed(column: index, rows: rows)
      let share = Double(observed.count) / Double(max(rows.count, 1))
      if isFlagged(column), (0.02...0.98).contains(1 - share) { flagged.append(column.id) }
      guard share >= leastObserved, let scale = Scale(fitting: observed), scale.standardDeviation > 1e-6 else {
        continue
      }
      inputs.append(Input(column: column.id, scale: scale))
    }
    self.init(
      inputs: inputs, flagged: flagged, clip: clip,
      sequence: sequence.flatMap { InputSequence(fitting: table, rows: rows, first: first, steps: $0.steps) })
  }
}

extension InputSequence {
  /// Nil when no series has a value.
  fileprivate init?(fitting table: FeatureTable, rows: [Int], first: Int, steps: Int) {
    var series: [Series] = []
    for start in stride(from: first, to: table.columns.count, by: steps) {
      let columns = start..<start + steps
      guard var scale = InputEncoding.Scale(fitting: columns.flatMap { table.observed(column: $0, rows: rows) })
      else { continue }
      // A series that never varies, such as the use of a device, speaks by its mask alone: its value is 0.
      if scale.standardDeviation <= 1e-6 { scale.standardDeviation = 1 }
      series.append(Series(columns: columns.map { table.columns[$0].id }, scale: scale))
    }
    guard !series.isEmpty else { return nil }
    self.init(series: series)
  }
}

extension InputEncoding.Scale {
  /// The scale of what was observed; nil for nothing.
  fileprivate init?(fitting observed: [Float]) {
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
    self.init(
      lower: lower, upper: upper, mean: Float(mean),
      standardDeviation: Float((squares / Double(sorted.count)).squareRoot()))
  }
}
