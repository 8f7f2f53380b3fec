// SPDX-License-Identifier: Apache-2.0

import CKernels

// The one matrix product of the engine, c += a·b, and the rule that makes it reproducible:
//
//     c[i, j] = ((c[i, j] + a[i, 0]·b[0, j]) + a[i, 1]·b[1, j]) + …
//
// Each output has one accumulator that runs through the inner index in ascending order. Vectors run over the outputs j,
// threads over the rows i, and neither over the inner index; no multiply-add is fused. Hence the bits depend neither on the
// vector width, nor on how many rows are computed together, nor on the number of threads.
//
// Unsafe code: addresses go to the loops together with the shapes that are checked here.
extension Kernels {
  /// Products of fewer multiplications than this are not worth a second thread.
  private static let leastForThread = 400_000

  /// c += a·b, for a of n × k, b of k × m and c of n × m elements.
  package func multiplyAdd(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "the shapes do not fit")
    let (columns, inner) = (c.columns, a.columns)
    unsafe over(&c, inner: inner) { rows, target in
      unsafe a.withKernelFactor { a in
        unsafe b.withKernelFactor { b in
          unsafe table.multiplyAdd(a.dropping(rows.lowerBound), b, target, columns, rows.count, columns, inner)
        }
      }
    }
  }

  /// The same with a packed b.
  package func multiplyAdd(_ a: Factor, _ b: PackedFactor, to c: inout Matrix) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "the shapes do not fit")
    let (columns, inner) = (c.columns, a.columns)
    unsafe over(&c, inner: inner) { rows, target in
      unsafe a.withKernelFactor { a in
        unsafe b.values.withUnsafeBufferPointer { packed in
          guard let packed = packed.baseAddress else { return }
          unsafe table.multiplyAddPacked(
            a.dropping(rows.lowerBound), packed, target, columns, rows.count, columns, inner)
        }
      }
    }
  }

  /// Lays b out once for several products.
  package func pack(_ b: Factor) -> PackedFactor {
    let count = table.packedCount(b.columns, b.rows)
    var values = [Float](uninitializedCount: count)
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      guard let target = buffer.baseAddress else { return }
      unsafe b.withKernelFactor { factor in unsafe table.pack(factor, b.columns, b.rows, target) }
    }
    return PackedFactor(rows: b.rows, columns: b.columns, values: values)
  }

  /// Calls `body` with ranges of c's rows and the address of the first row of each.
  private func over(_ c: inout Matrix, inner: Int, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void) {
    let (rows, columns) = (c.rows, c.columns)
    guard rows > 0, columns > 0, inner > 0 else { return }
    unsafe c.values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      divide(rows, least: Self.leastForThread / (columns * inner) + 1) { part in
        unsafe body(part, base + part.lowerBound * columns)
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
