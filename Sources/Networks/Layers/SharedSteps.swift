// SPDX-License-Identifier: Apache-2.0

/// Which steps of the rows of a batch are those of its first row, bit for bit: charts that differ in one late value share
/// all that came before it, and what follows from it need not be computed again.
struct SharedSteps {
  /// Indices of the steps, row by row, that are not those of the first row; all of the first row's own.
  private(set) var own: [Int] = []
  /// Per row the first step that is not the first row's; the number of steps where all are. 0 for the first row.
  private(set) var firstOwn: [Int] = []
  private let steps: Int

  /// Nil when there is nothing to share, or when a run backward needs every row's own.
  init?(_ x: Matrix, channels: Int, _ pass: Pass) {
    steps = x.columns / channels
    guard steps > 1, x.rows > 1, !pass.keepsGradients else { return nil }
    own = Array(0..<steps)
    firstOwn = [0]
    let (rows, columns) = (x.rows, x.columns)
    // Unsafe code: the bits of steps inside the matrix are compared without bounds checks, all of them at once.
    unsafe x.values.withUnsafeBytes { bytes in
      let bits = unsafe bytes.bindMemory(to: UInt32.self)
      for row in 1..<rows {
        var first = steps
        for step in 0..<steps {
          let (origin, place) = (step * channels, row * columns + step * channels)
          var difference: UInt32 = 0
          for channel in 0..<channels { unsafe difference |= bits[origin + channel] ^ bits[place + channel] }
          if difference == 0 { continue }
          own.append(row * steps + step)
          first = min(first, step)
        }
        firstOwn.append(first)
      }
    }
    if own.count == rows * steps { return nil }
  }

  /// Gives every row its own steps' values and the first row's for the others.
  ///
  /// - Parameter values: one row for each of `own`.
  func spread(_ values: Matrix, into result: inout Matrix) {
    let width = values.columns
    for row in 1..<result.rows { result.setRow(row, to: values.values[0..<steps * width]) }
    for (index, place) in own.enumerated() {
      let start = place * width
      result.values.replaceSubrange(start..<start + width, with: values.row(index))
    }
  }
}
