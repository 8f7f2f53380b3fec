// SPDX-License-Identifier: Apache-2.0

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
  private let sequence: InputSequenceEncoder?

  /// Binds; nil when the profile lacks a column of the encoding.
  package init?(_ encoding: InputEncoding, columns: [Column]) {
    var index: [String: Int] = [:]
    for (position, column) in columns.enumerated() { index[column.id] = position }
    let inputs = encoding.inputs.compactMap { index[$0.column] }
    let flagged = encoding.flagged.compactMap { index[$0] }
    let sequence = encoding.sequence.flatMap { InputSequenceEncoder($0, clip: encoding.clip, index: index) }
    guard inputs.count == encoding.inputs.count, flagged.count == encoding.flagged.count,
      (sequence == nil) == (encoding.sequence == nil)
    else { return nil }
    self.encoding = encoding
    inputColumns = inputs
    flaggedColumns = flagged
    self.sequence = sequence
    let all = inputs + flagged + (sequence?.inputColumns ?? [])
    groups = all.map { columns[$0].group }
    series = all.map { columns[$0].series }
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
      result.append(value.isFinite ? input.scale.apply(value, clip: encoding.clip) : 0)
    }
    for column in flaggedColumns { result.append(values[start + column].isFinite ? -0.5 : 0.5) }
    sequence?.encode(values, into: &result)
  }
}
