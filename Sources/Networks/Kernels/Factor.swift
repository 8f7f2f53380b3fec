// SPDX-License-Identifier: Apache-2.0

import CKernels

/// One factor of a matrix product: a matrix as it is, transposed, or a part of one, without being copied.
package struct Factor: Sendable {
  let values: [Float]
  /// Index of element (0, 0).
  let first: Int
  package let rows: Int
  package let columns: Int
  let rowStride: Int
  let columnStride: Int

  /// `matrix` as it is, or with rows and columns exchanged.
  package init(_ matrix: Matrix, transposed: Bool = false) {
    values = matrix.values
    first = 0
    rows = transposed ? matrix.columns : matrix.rows
    columns = transposed ? matrix.rows : matrix.columns
    rowStride = transposed ? 1 : matrix.columns
    columnStride = transposed ? matrix.columns : 1
  }

  /// `columns` neighbouring columns of a matrix from column `first` on, in its first `rows` rows or in all.
  package init(_ matrix: Matrix, first: Int, columns: Int, rows: Int? = nil) {
    values = matrix.values
    self.first = first
    self.rows = rows ?? matrix.rows
    self.columns = columns
    rowStride = matrix.columns
    columnStride = 1
  }

  /// Some neighbouring rows of a matrix.
  init(_ matrix: Matrix, rows: Range<Int>) {
    values = matrix.values
    first = rows.lowerBound * matrix.columns
    self.rows = rows.count
    columns = matrix.columns
    rowStride = matrix.columns
    columnStride = 1
  }

  /// The values seen as rows of another length.
  init(_ values: [Float], columns: Int) {
    self.values = values
    first = 0
    rows = values.count / columns
    self.columns = columns
    rowStride = columns
    columnStride = 1
  }

  /// The factor transposed.
  var transposed: Factor { Factor(self) }

  private init(_ other: Factor) {
    values = other.values
    first = other.first
    rows = other.columns
    columns = other.rows
    rowStride = other.columnStride
    columnStride = other.rowStride
  }

  /// Unsafe code: calls `body` with the address of element (0, 0) and the strides; all elements lie inside `values`.
  func withKernelFactor(_ body: (KernelFactor) -> Void) {
    precondition(
      first >= 0
        && (rows == 0 || columns == 0
          || first + (rows - 1) * rowStride + (columns - 1) * columnStride < values.count)
    )
    unsafe values.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe body(KernelFactor(values: base + first, rowStride: rowStride, columnStride: columnStride))
    }
  }
}
