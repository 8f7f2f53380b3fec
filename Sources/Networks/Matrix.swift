// SPDX-License-Identifier: Apache-2.0

/// A dense matrix of single-precision numbers, row-major: element (r, c) is `values[r * columns + c]`.
///
/// A batch is one row per patient (or hour). A time series is flattened into its row, step after step, so that every
/// layer, the trainer and the explanation see the same one type.
package struct Matrix: Sendable, Equatable {
  /// Number of rows.
  package private(set) var rows: Int
  /// Number of columns.
  package let columns: Int
  /// `rows * columns` numbers, row after row.
  package var values: [Float]

  /// A matrix filled with `value`.
  package init(rows: Int, columns: Int, repeating value: Float = 0) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: value, count: rows * columns)
  }

  /// A matrix over `values`, which must hold exactly `rows * columns` numbers.
  package init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "a matrix needs rows * columns values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// A matrix of one row.
  package init(row: [Float]) {
    self.init(rows: 1, columns: row.count, values: row)
  }

  /// Element (`row`, `column`).
  package subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// One row.
  package func row(_ index: Int) -> ArraySlice<Float> {
    values[index * columns..<(index + 1) * columns]
  }

  /// The given rows, in the given order; a row may occur more than once.
  package func gathering(_ indices: some Collection<Int>) -> Matrix {
    var result: [Float] = []
    result.reserveCapacity(indices.count * columns)
    for index in indices { result.append(contentsOf: row(index)) }
    return Matrix(rows: indices.count, columns: columns, values: result)
  }

  /// Rows and columns exchanged.
  package func transposed() -> Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }

  /// Changes the number of rows in place. The contents are unspecified afterwards.
  mutating func setRows(_ count: Int) {
    guard count != rows else { return }
    rows = count
    let size = count * columns
    if size < values.count {
      values.removeLast(values.count - size)
    } else {
      values.append(contentsOf: repeatElement(0, count: size - values.count))
    }
  }

  /// Sets every element to `value`, in place.
  mutating func fill(_ value: Float) {
    for index in values.indices { values[index] = value }
  }
}
