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

  /// Overwrites one row.
  mutating func setRow(_ index: Int, to row: ArraySlice<Float>) {
    precondition(row.count == columns)
    // Replacing as many by as many moves nothing.
    values.replaceSubrange(index * columns..<(index + 1) * columns, with: row)
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
    var result = Matrix.uninitialized(rows: columns, columns: rows)
    let (rows, columns) = (rows, columns)
    // Unsafe code: buffers without bounds checks; both matrices have all these elements.
    unsafe values.withUnsafeBufferPointer { source in
      unsafe result.values.withUnsafeMutableBufferPointer { target in
        for column in 0..<columns {
          for row in 0..<rows { unsafe target[column * rows + row] = source[row * columns + column] }
        }
      }
    }
    return result
  }

  /// A matrix whose numbers are whatever the memory holds, for callers that write all of them.
  static func uninitialized(rows: Int, columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: [Float](uninitializedCount: rows * columns))
  }

  /// Changes the number of rows. The contents are unspecified afterwards.
  mutating func setRows(_ count: Int) {
    guard count != rows else { return }
    rows = count
    let size = count * columns
    if size <= values.count {
      values.removeLast(values.count - size)
    } else {
      values = [Float](uninitializedCount: size)
    }
  }

  /// Copies `count` columns of `other`, which has as many rows, from its column `from` to the columns from `first` on.
  mutating func setColumns(_ first: Int, to other: Matrix, from: Int, count: Int) {
    precondition(other.rows == rows && first + count <= columns && from + count <= other.columns && count >= 0)
    // Unsafe code: rows are copied as blocks of memory; the columns lie inside both matrices.
    let (rows, columns) = (rows, columns)
    unsafe values.withUnsafeMutableBufferPointer { target in
      unsafe other.values.withUnsafeBufferPointer { source in
        guard let to = target.baseAddress, let start = source.baseAddress else { return }
        for row in 0..<rows {
          unsafe (to + row * columns + first).update(from: start + row * other.columns + from, count: count)
        }
      }
    }
  }

  /// Adds `count` columns of `other`, which has as many rows, from its column `from` on, times `factor`, to the columns
  /// from `first` on.
  mutating func addColumns(_ first: Int, of other: Matrix, from: Int, count: Int, times factor: Float = 1) {
    precondition(other.rows == rows && first + count <= columns && from + count <= other.columns && count >= 0)
    // Unsafe code: buffers without bounds checks; the columns lie inside both matrices.
    let (rows, columns) = (rows, columns)
    unsafe values.withUnsafeMutableBufferPointer { target in
      unsafe other.values.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          let (to, start) = (row * columns + first, row * other.columns + from)
          for column in 0..<count { unsafe target[to + column] += source[start + column] * factor }
        }
      }
    }
  }

  /// Sets every element to `value`, in place.
  mutating func fill(_ value: Float) {
    // Unsafe code: the buffer's own function, which becomes one call to fill memory.
    unsafe values.withUnsafeMutableBufferPointer { unsafe $0.update(repeating: value) }
  }
}

extension [Float] {
  /// `count` numbers that are whatever the memory holds, for callers that write all of them.
  ///
  /// Unsafe code: any bits are a Float.
  init(uninitializedCount count: Int) {
    unsafe self.init(unsafeUninitializedCapacity: count) { _, initialised in initialised = count }
  }
}
