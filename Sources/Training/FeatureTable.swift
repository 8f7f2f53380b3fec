// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// Feature vectors of many stays or hours, row after row, NaN where missing.
///
/// Rows lie in blocks, so that a table of a gigabyte grows without ever being copied.
package struct FeatureTable: Sendable {
  private static let blockRows = 4096

  /// What the columns are.
  package let columns: [Column]
  /// Number of rows.
  package private(set) var rows = 0
  private var blocks: [[Float]] = []

  package init(columns: [Column]) {
    self.columns = columns
  }

  /// Appends a vector of the columns.
  package mutating func append(_ vector: FeatureVector) {
    if rows % Self.blockRows == 0 {
      blocks.append([])
      blocks[blocks.count - 1].reserveCapacity(Self.blockRows * columns.count)
    }
    blocks[blocks.count - 1].append(contentsOf: vector.values)
    rows += 1
  }

  /// One row.
  package func row(_ index: Int) -> ArraySlice<Float> {
    let start = index % Self.blockRows * columns.count
    return blocks[index / Self.blockRows][start..<start + columns.count]
  }

  /// The inputs of a network for the given rows.
  package func encoded(_ encoder: InputEncoder, rows: some Collection<Int>) -> Matrix {
    var inputs: [Float] = []
    inputs.reserveCapacity(rows.count * encoder.encoding.width)
    for index in rows { encoder.encode(row(index), into: &inputs) }
    return Matrix(rows: rows.count, columns: encoder.encoding.width, values: inputs)
  }

  /// The values of one column in the given rows that are not missing.
  package func observed(column: Int, rows: [Int]) -> [Float] {
    var values: [Float] = []
    for index in rows {
      let value = blocks[index / Self.blockRows][index % Self.blockRows * columns.count + column]
      if value.isFinite { values.append(value) }
    }
    return values
  }
}
