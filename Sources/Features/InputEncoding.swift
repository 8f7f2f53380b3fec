// SPDX-License-Identifier: Apache-2.0

/// How a feature vector becomes a network's input: fitted on training data, stored in the package as `encoding.json`.
///
/// Kept columns are winsorised, standardised, clipped; missing becomes 0, which is the training mean. Then a flag a
/// column of `flagged`: +0.5 missing, -0.5 present.
package struct InputEncoding: Codable, Sendable, Equatable {
  /// A kept column.
  package struct Input: Codable, Sendable, Equatable {
    /// Column of the profile.
    package var column: String
    /// Training 0.5th percentile.
    package var lower: Float
    /// Training 99.5th percentile.
    package var upper: Float
    /// Mean of the winsorised training values.
    package var mean: Float
    /// Their standard deviation.
    package var standardDeviation: Float

    package init(column: String, lower: Float, upper: Float, mean: Float, standardDeviation: Float) {
      self.column = column
      self.lower = lower
      self.upper = upper
      self.mean = mean
      self.standardDeviation = standardDeviation
    }
  }

  /// The kept columns, in the order of the profile.
  package var inputs: [Input]
  /// Columns with a flag of missingness, whose flags follow the inputs.
  package var flagged: [String]
  /// Standardised values are held within plus and minus this.
  package var clip: Float

  package init(inputs: [Input], flagged: [String], clip: Float) {
    self.inputs = inputs
    self.flagged = flagged
    self.clip = clip
  }

  /// Number of network inputs.
  package var width: Int { inputs.count + flagged.count }
}

/// An encoding bound to the columns of one profile.
package struct InputEncoder: Sendable {
  /// The fitted numbers.
  package let encoding: InputEncoding
  /// For each input the signal under which an explanation shows it.
  package let groups: [String]
  /// For each input the series with which variable dropout removes it.
  package let series: [String]
  private let inputColumns: [Int]
  private let flaggedColumns: [Int]

  /// Binds; nil when the profile lacks a column of the encoding.
  package init?(_ encoding: InputEncoding, columns: [Column]) {
    var index: [String: Int] = [:]
    for (position, column) in columns.enumerated() { index[column.id] = position }
    let inputs = encoding.inputs.compactMap { index[$0.column] }
    let flagged = encoding.flagged.compactMap { index[$0] }
    guard inputs.count == encoding.inputs.count, flagged.count == encoding.flagged.count else { return nil }
    self.encoding = encoding
    inputColumns = inputs
    flaggedColumns = flagged
    groups = (inputs + flagged).map { columns[$0].group }
    series = (inputs + flagged).map { columns[$0].series }
  }

  /// The network's input for a vector of the profile's columns.
  ///
  /// The encoding of an empty timeline's vector is what each input becomes when its series is removed: the baseline of
  /// variable dropout and of explanations.
  package func encode(_ vector: FeatureVector) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(encoding.width)
    encode(vector.values[...], into: &result)
    return result
  }

  /// Appends the network's input for one row of columns.
  package func encode(_ values: ArraySlice<Float>, into result: inout [Float]) {
    let start = values.startIndex
    for (input, column) in zip(encoding.inputs, inputColumns) {
      let value = values[start + column]
      // Infinite would pass as an extreme value; it cannot come from a profile and counts as missing.
      guard value.isFinite else {
        result.append(0)
        continue
      }
      let standardised = (min(max(value, input.lower), input.upper) - input.mean) / input.standardDeviation
      result.append(min(max(standardised, -encoding.clip), encoding.clip))
    }
    for column in flaggedColumns { result.append(values[start + column].isFinite ? -0.5 : 0.5) }
  }
}
