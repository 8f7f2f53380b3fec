// SPDX-License-Identifier: Apache-2.0

/// One factor of a matrix product: a matrix as it is, or transposed without being copied.
package struct Factor {
  let values: [Float]
  let rows: Int
  let columns: Int
  let rowStride: Int
  let columnStride: Int

  /// `matrix` as it is, or with rows and columns exchanged.
  package init(_ matrix: Matrix, transposed: Bool = false) {
    values = matrix.values
    rows = transposed ? matrix.columns : matrix.rows
    columns = transposed ? matrix.rows : matrix.columns
    rowStride = transposed ? 1 : matrix.columns
    columnStride = transposed ? matrix.columns : 1
  }
}

/// The one matrix product of the engine, c += a·b, and the rule that makes it reproducible:
///
///     c[i, j] = ((c[i, j] + a[i, 0]·b[0, j]) + a[i, 1]·b[1, j]) + …
///
/// Each output has one accumulator that runs through the inner index in ascending order. Vectors run over the outputs j,
/// never over the inner index, and no multiply-add is fused; hence the bits depend neither on the vector width, nor on
/// how many rows are computed together, nor on which of the paths below is taken.
package enum Product {
  /// The loops that compute a product. All give the same bits; a test forces each one.
  package enum Path: CaseIterable, Sendable {
    /// Three plain loops: the definition.
    case reference
    /// One row of a at a time, b streamed through once: best for a single patient.
    case rowwise
    /// Tiles of 4 rows by 8 columns, b repacked into panels: best for batches.
    case tiled
  }

  /// c += a·b, for a of n × k, b of k × m and c of n × m elements.
  static func add(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    let streams = a.rows < 4 && b.columnStride == 1
    add(a, b, to: &c, by: streams ? .rowwise : .tiled)
  }

  /// c += a·b by the given path.
  package static func add(_ a: Factor, _ b: Factor, to c: inout Matrix, by path: Path) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "the shapes do not fit")
    switch path {
    case .reference: addReference(a, b, to: &c)
    case .rowwise: addRowwise(a, b, to: &c)
    case .tiled: addTiled(a, b, to: &c)
    }
  }

  static func addReference(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        var sum = c[i, j]
        for k in 0..<a.columns {
          sum += a.values[i * a.rowStride + k * a.columnStride] * b.values[k * b.rowStride + j * b.columnStride]
        }
        c[i, j] = sum
      }
    }
  }
}
