// SPDX-License-Identifier: Apache-2.0

// Unsafe code: raw pointers into the three arrays, so that eight neighbours load as one vector without a bounds check
// each. Every index lies inside because `Product.add` has checked the shapes.
extension Product {
  /// Inner indices taken per sweep over the output row, to load and store the outputs once for all of them.
  private static let depth = 8

  static func addRowwise(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    guard b.columnStride == 1 else { return addReference(a, b, to: &c) }
    let (rows, columns, inner) = (c.rows, c.columns, a.columns)
    unsafe a.values.withUnsafeBufferPointer { aValues in
      unsafe b.values.withUnsafeBufferPointer { bValues in
        unsafe c.values.withUnsafeMutableBufferPointer { cValues in
          guard let aBase = aValues.baseAddress, let bBase = bValues.baseAddress, let cBase = cValues.baseAddress
          else { return }
          for i in 0..<rows {
            let x = unsafe aBase + i * a.rowStride
            let y = unsafe cBase + i * columns
            var k = 0
            while k + depth <= inner {
              unsafe sweep(x + k * a.columnStride, a.columnStride, bBase + k * columns, y, columns)
              k += depth
            }
            while k < inner {
              let factor = unsafe x[k * a.columnStride]
              let row = unsafe bBase + k * columns
              for j in 0..<columns { unsafe y[j] += factor * row[j] }
              k += 1
            }
          }
        }
      }
    }
  }

  /// y += Σ x[k]·b[k, …] for the next `depth` values of k, in ascending order for each output.
  @inline(__always)
  private static func sweep(
    _ x: UnsafePointer<Float>, _ stride: Int, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ columns: Int
  ) {
    let (x0, x1, x2, x3) = unsafe (x[0], x[stride], x[2 * stride], x[3 * stride])
    let (x4, x5, x6, x7) = unsafe (x[4 * stride], x[5 * stride], x[6 * stride], x[7 * stride])
    var j = 0
    while j + 8 <= columns {
      let p = unsafe b + j
      var sum = unsafe load(y + j)
      unsafe sum += x0 * load(p)
      unsafe sum += x1 * load(p + columns)
      unsafe sum += x2 * load(p + 2 * columns)
      unsafe sum += x3 * load(p + 3 * columns)
      unsafe sum += x4 * load(p + 4 * columns)
      unsafe sum += x5 * load(p + 5 * columns)
      unsafe sum += x6 * load(p + 6 * columns)
      unsafe sum += x7 * load(p + 7 * columns)
      unsafe store(sum, y + j)
      j += 8
    }
    while j < columns {
      let p = unsafe b + j
      var sum = unsafe y[j]
      unsafe sum += x0 * p[0]
      unsafe sum += x1 * p[columns]
      unsafe sum += x2 * p[2 * columns]
      unsafe sum += x3 * p[3 * columns]
      unsafe sum += x4 * p[4 * columns]
      unsafe sum += x5 * p[5 * columns]
      unsafe sum += x6 * p[6 * columns]
      unsafe sum += x7 * p[7 * columns]
      unsafe y[j] = sum
      j += 1
    }
  }

  /// Eight neighbouring numbers; the address needs no alignment.
  @inline(__always)
  static func load(_ address: UnsafePointer<Float>) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// Eight neighbouring numbers; the address needs no alignment.
  @inline(__always)
  static func load(_ address: UnsafeMutablePointer<Float>) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// Writes eight neighbouring numbers; the address needs no alignment.
  @inline(__always)
  static func store(_ vector: SIMD8<Float>, _ address: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(address).storeBytes(of: vector, as: SIMD8<Float>.self)
  }
}
