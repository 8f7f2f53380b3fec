// SPDX-License-Identifier: Apache-2.0

import CKernels

// The one matrix product of the engine, and the rule that makes it reproducible:
//
//     c[i, j] = (((start[i, j] + 0) + a[i, 0]·b[0, j]) + a[i, 1]·b[1, j]) + …
//
// Each output has one accumulator that runs through the inner index in ascending order. Vectors run over the outputs j,
// threads over the rows i, and neither over the inner index; no multiply-add is fused. Hence the bits depend neither on the
// vector width, nor on how many rows are computed together, nor on the number of threads. A zero of `a` adds nothing, as long as
// `b` is finite: no sum is a negative zero. The fast forms leave it out.
//
// Unsafe code: addresses go to the loops together with the shapes that are checked here.
extension Kernels {
  /// Products of fewer multiplications than this are not worth a second thread.
  private static let leastForThread = 400_000

  /// c += a·b, for a of n × k, b of k × m and c of n × m elements.
  package func multiplyAdd(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    precondition(c.rows == a.rows && c.columns == b.columns, "the shapes do not fit")
    multiplyAdd(a, b, to: &c.values)
  }

  /// The same for a c whose elements stand row after row.
  func multiplyAdd(_ a: Factor, _ b: Factor, to c: inout [Float]) {
    precondition(c.count == a.rows * b.columns, "the shapes do not fit")
    let columns = b.columns
    unsafe product(a, b, &c) { target in unsafe (UnsafePointer(target), columns) }
  }

  /// The same for the first rows of a c that may have more.
  func multiplyAdd(_ a: Factor, _ b: Factor, toFirstRowsOf c: inout Matrix) {
    precondition(c.rows >= a.rows && c.columns == b.columns, "the shapes do not fit")
    let columns = b.columns
    unsafe product(a, b, &c.values) { target in unsafe (UnsafePointer(target), columns) }
  }

  /// c = a·b, to each row of which `row` is added first, for a of n × k, b of k × m and c of n × m elements.
  package func multiply(_ a: Factor, _ b: Factor, plus row: [Float], into c: inout Matrix) {
    precondition(c.rows == a.rows && c.columns == b.columns, "the shapes do not fit")
    multiply(a, b, plus: row, into: &c.values)
  }

  /// The same for a c whose elements stand row after row.
  func multiply(_ a: Factor, _ b: Factor, plus row: [Float], into c: inout [Float]) {
    precondition(row.count == b.columns && c.count == a.rows * b.columns, "the shapes do not fit")
    unsafe row.withUnsafeBufferPointer { row in
      guard let start = row.baseAddress else { return }
      unsafe product(a, b, &c) { _ in unsafe (start, 0) }
    }
  }

  /// The sums start at what `start` says of the result's address: an address and the stride from row to row.
  private func product(
    _ a: Factor, _ b: Factor, _ c: inout [Float],
    _ start: (UnsafeMutablePointer<Float>) -> (UnsafePointer<Float>, Int)
  ) {
    precondition(a.columns == b.rows && c.count >= a.rows * b.columns, "the shapes do not fit")
    let (rows, columns, inner) = (a.rows, b.columns, a.columns)
    guard rows > 0, columns > 0 else { return }
    unsafe c.withUnsafeMutableBufferPointer { buffer in
      guard let result = buffer.baseAddress else { return }
      let (first, stride) = unsafe start(result)
      unsafe a.withKernelFactor { a in
        unsafe b.withKernelFactor { b in
          divide(rows, least: Self.leastForThread / (columns * inner) + 1) { part in
            let row = part.lowerBound
            unsafe table.multiplyAdd(
              a.dropping(row), b, first + row * stride, stride, result + row * columns, columns, part.count, columns,
              inner)
          }
        }
      }
    }
  }
}

extension KernelFactor {
  /// The factor without its first rows.
  fileprivate func dropping(_ rows: Int) -> KernelFactor {
    unsafe KernelFactor(values: values + rows * rowStride, rowStride: rowStride, columnStride: columnStride)
  }
}
