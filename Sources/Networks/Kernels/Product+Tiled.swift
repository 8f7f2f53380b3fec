// SPDX-License-Identifier: Apache-2.0

// Unsafe code: raw pointers, as in the row-wise path. The panels are padded with zeros to eight columns, so b is never
// read past its end; a tile at c's right edge goes through a small buffer, so c is never written past its rows.
extension Product {
  static func addTiled(_ a: Factor, _ b: Factor, to c: inout Matrix) {
    let (rows, columns, inner) = (c.rows, c.columns, a.columns)
    guard rows > 0, columns > 0, inner > 0 else { return }
    var panel = [Float](repeating: 0, count: inner * 8)
    for first in stride(from: 0, to: columns, by: 8) {
      let width = min(8, columns - first)
      pack(b, from: first, width: width, into: &panel)
      unsafe a.values.withUnsafeBufferPointer { aValues in
        unsafe panel.withUnsafeBufferPointer { panelValues in
          unsafe c.values.withUnsafeMutableBufferPointer { cValues in
            guard let aBase = aValues.baseAddress, let pBase = panelValues.baseAddress,
              let cBase = cValues.baseAddress
            else { return }
            var i = 0
            while i + 4 <= rows {
              let x = unsafe aBase + i * a.rowStride
              let y = unsafe cBase + i * columns + first
              if a.columnStride == 1 {
                // A constant stride lets the compiler fold the address arithmetic.
                unsafe tile(x, a.rowStride, 1, pBase, inner, y, columns, width)
              } else {
                unsafe tile(x, 1, a.columnStride, pBase, inner, y, columns, width)
              }
              i += 4
            }
            while i < rows {
              unsafe strip(
                aBase + i * a.rowStride, a.columnStride, pBase, inner, cBase + i * columns + first, width)
              i += 1
            }
          }
        }
      }
    }
  }

  /// Copies columns `first ..< first + width` of b so that the eight numbers of one inner index lie together.
  private static func pack(_ b: Factor, from first: Int, width: Int, into panel: inout [Float]) {
    unsafe b.values.withUnsafeBufferPointer { source in
      unsafe panel.withUnsafeMutableBufferPointer { target in
        for k in 0..<b.rows {
          for j in 0..<width {
            unsafe target[k * 8 + j] = source[k * b.rowStride + (first + j) * b.columnStride]
          }
          for j in width..<8 { unsafe target[k * 8 + j] = 0 }
        }
      }
    }
  }

  /// Four rows by eight columns of c.
  @inline(__always)
  private static func tile(
    _ a: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int, _ panel: UnsafePointer<Float>, _ inner: Int,
    _ c: UnsafeMutablePointer<Float>, _ columns: Int, _ width: Int
  ) {
    var c0 = unsafe loadPart(c, width)
    var c1 = unsafe loadPart(c + columns, width)
    var c2 = unsafe loadPart(c + 2 * columns, width)
    var c3 = unsafe loadPart(c + 3 * columns, width)
    for k in 0..<inner {
      let p = unsafe load(panel + k * 8)
      let x = unsafe a + k * columnStride
      unsafe c0 += x[0] * p
      unsafe c1 += x[rowStride] * p
      unsafe c2 += x[2 * rowStride] * p
      unsafe c3 += x[3 * rowStride] * p
    }
    unsafe storePart(c0, c, width)
    unsafe storePart(c1, c + columns, width)
    unsafe storePart(c2, c + 2 * columns, width)
    unsafe storePart(c3, c + 3 * columns, width)
  }

  /// One row by eight columns of c.
  @inline(__always)
  private static func strip(
    _ a: UnsafePointer<Float>, _ columnStride: Int, _ panel: UnsafePointer<Float>, _ inner: Int,
    _ c: UnsafeMutablePointer<Float>, _ width: Int
  ) {
    var sum = unsafe loadPart(c, width)
    for k in 0..<inner { unsafe sum += a[k * columnStride] * load(panel + k * 8) }
    unsafe storePart(sum, c, width)
  }

  @inline(__always)
  private static func loadPart(_ address: UnsafeMutablePointer<Float>, _ width: Int) -> SIMD8<Float> {
    if width == 8 { return unsafe load(address) }
    var vector = SIMD8<Float>()
    for lane in 0..<width { unsafe vector[lane] = address[lane] }
    return vector
  }

  @inline(__always)
  private static func storePart(_ vector: SIMD8<Float>, _ address: UnsafeMutablePointer<Float>, _ width: Int) {
    if width == 8 { return unsafe store(vector, address) }
    for lane in 0..<width { unsafe address[lane] = vector[lane] }
  }
}
