// SPDX-License-Identifier: Apache-2.0

/// The part of a network's input that it reads step by step.
///
/// Each step holds [value | mask | age] for all series: the last value up to this step, standardised, 0 before the first;
/// 1 where it is of this very step, else 0; and how many steps old it is, as a share of all steps, 1 before the first.
/// These are the inputs of GRU-D (Che et al. 2018).
package struct InputSequence: Codable, Sendable, Equatable {
  /// One series.
  package struct Series: Codable, Sendable, Equatable {
    /// Columns of the profile, the oldest step first.
    package var columns: [String]
    package var scale: InputEncoding.Scale

    package init(columns: [String], scale: InputEncoding.Scale) {
      self.columns = columns
      self.scale = scale
    }
  }

  /// The series, all with the same number of steps.
  package var series: [Series]

  package init(series: [Series]) {
    self.series = series
  }

  /// Number of steps.
  package var steps: Int { series.first?.columns.count ?? 0 }

  /// Number of network inputs.
  package var width: Int { 3 * series.count * steps }
}

/// The steps bound to the columns of one profile.
struct InputSequenceEncoder: Sendable {
  private let sequence: InputSequence
  private let clip: Float
  /// For each series the places of its columns.
  private let columns: [[Int]]

  /// Binds; nil when a column is not in `index` or a series has another number of steps.
  init?(_ sequence: InputSequence, clip: Float, index: [String: Int]) {
    let columns = sequence.series.map { $0.columns.compactMap { index[$0] } }
    guard sequence.steps > 0, columns.allSatisfy({ $0.count == sequence.steps }),
      sequence.series.allSatisfy({ $0.columns.count == sequence.steps })
    else { return nil }
    self.sequence = sequence
    self.clip = clip
    self.columns = columns
  }

  /// For each input the column it comes from.
  var inputColumns: [Int] {
    (0..<sequence.steps).flatMap { step in (0..<3).flatMap { _ in columns.map { $0[step] } } }
  }

  /// Appends the steps of one row of columns, the oldest first.
  func encode(_ values: ArraySlice<Float>, into result: inout [Float]) {
    let start = result.count
    let count = sequence.series.count
    let steps = Float(sequence.steps)
    result.append(contentsOf: repeatElement(0, count: sequence.width))
    for (index, series) in sequence.series.enumerated() {
      var last: Float = 0
      var age = steps
      var place = start + index
      for column in columns[index] {
        let value = values[values.startIndex + column]
        if value.isFinite {
          last = series.scale.apply(value, clip: clip)
          age = 0
          result[place + count] = 1
        } else {
          age = min(age + 1, steps)
        }
        result[place] = last
        result[place + 2 * count] = age / steps
        place += 3 * count
      }
    }
  }
}
