// SPDX-License-Identifier: Apache-2.0
package import Features

extension InputEncoding {
  /// Fits an encoding to rows of a table.
  ///
  /// A column is kept when at least `leastObserved` of the rows have it and it varies; values are winsorised at the 0.5th
  /// and 99.5th percentile. Of the columns that `isFlagged` names, those get a flag that are missing in 2 to 98 % of the
  /// rows. Columns in `leftOut` do neither. The columns of a profile's `sequence`, which are the last, become steps; all
  /// steps of a series share a scale.
  ///
  /// With `cuts`, shares such as 0.25, each kept column of `cutColumns` comes a second time after all of them, cut at these
  /// percentiles into pieces: an input that moves between two cuts alone and stands still outside, so that a network need
  /// not build thresholds from a straight line (piecewise linear encoding, Gorishniy et al. 2022).
  package init(
    fitting table: FeatureTable, rows: [Int], leastObserved: Double, clip: Float, leftOut: Set<String> = [],
    cuts: [Double] = [], cutColumns: Set<String> = [], sequence: FeatureSequence? = nil, isFlagged: (Column) -> Bool
  ) {
    let first = table.columns.count - (sequence?.columnCount ?? 0)
    var inputs: [Input] = []
    var pieces: [Input] = []
    var flagged: [String] = []
    for (index, column) in table.columns[..<first].enumerated() where !leftOut.contains(column.id) {
      let observed = table.observed(column: index, rows: rows).sorted()
      let share = Double(observed.count) / Double(max(rows.count, 1))
      if isFlagged(column), (0.02...0.98).contains(1 - share) { flagged.append(column.id) }
      guard share >= leastObserved, let scale = Scale(sorted: observed), scale.standardDeviation > 1e-6 else {
        continue
      }
      inputs.append(Input(column: column.id, scale: scale))
      guard !cuts.isEmpty, cutColumns.contains(column.id) else { continue }
      let bounds = ([0.005] + cuts + [0.995]).map { Scale.percentile($0, of: observed) }
      let own = zip(bounds, bounds.dropFirst()).filter { $0 < $1 }.map { Scale(sorted: observed, from: $0, to: $1) }
      pieces += own.filter { $0.standardDeviation > 1e-6 }.map { Input(column: column.id, scale: $0) }
    }
    self.init(
      inputs: inputs + pieces, flagged: flagged, clip: clip,
      sequence: sequence.flatMap { InputSequence(fitting: table, rows: rows, first: first, steps: $0.steps) })
  }
}

extension InputSequence {
  /// Nil when no series has a value.
  fileprivate init?(fitting table: FeatureTable, rows: [Int], first: Int, steps: Int) {
    var series: [Series] = []
    for start in stride(from: first, to: table.columns.count, by: steps) {
      let columns = start..<start + steps
      guard var scale = InputEncoding.Scale(sorted: columns.flatMap { table.observed(column: $0, rows: rows) }.sorted())
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
  /// The scale of what was observed, winsorised at the 0.5th and 99.5th percentile; nil for nothing.
  fileprivate init?(sorted: [Float]) {
    guard !sorted.isEmpty else { return nil }
    self.init(sorted: sorted, from: Self.percentile(0.005, of: sorted), to: Self.percentile(0.995, of: sorted))
  }

  /// The scale of what was observed, held between two bounds.
  fileprivate init(sorted: [Float], from lower: Float, to upper: Float) {
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

  fileprivate static func percentile(_ share: Double, of sorted: [Float]) -> Float {
    sorted[Int((share * Double(sorted.count - 1)).rounded())]
  }
}
