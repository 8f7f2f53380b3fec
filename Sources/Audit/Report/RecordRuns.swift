// SPDX-License-Identifier: Apache-2.0

/// Numbers of records, in runs without a gap: many that lie side by side are said as shortly as one.
package struct RecordRuns: Sendable, Equatable {
  /// Runs that a text names.
  private static let mostNamed = 20

  /// In ascending order.
  package private(set) var runs: [ClosedRange<Int64>] = []

  init(_ numbers: [Int64]) {
    for number in numbers.sorted() {
      if let run = runs.last, number <= run.upperBound + 1 {
        runs[runs.count - 1] = run.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
  }

  /// Whether there is none.
  package var isEmpty: Bool { runs.isEmpty }

  /// How many numbers there are.
  package var count: Int64 { runs.reduce(0) { $0 + $1.upperBound - $1.lowerBound + 1 } }

  /// `17, 20 to 31`; of many the first, and up to which others there are.
  package var text: String {
    var texts = runs.prefix(Self.mostNamed).map { run in
      run.lowerBound == run.upperBound ? "\(run.lowerBound)" : "\(run.lowerBound) to \(run.upperBound)"
    }
    if runs.count > Self.mostNamed, let last = runs.last { texts.append("others up to \(last.upperBound)") }
    return texts.joined(separator: ", ")
  }
}
