// SPDX-License-Identifier: Apache-2.0

/// Loops over whole arrays that any compiler turns into good vector code: nothing is gained by writing them for each
/// instruction set.
///
/// Unsafe code: buffers without bounds checks, so that they vectorise; all arrays of one call have the same count, which
/// each function checks.
package enum Elementwise {
  /// z = x·y.
  static func multiply(_ x: [Float], _ y: [Float], into z: inout [Float]) {
    precondition(x.count == y.count && x.count == z.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe z.withUnsafeMutableBufferPointer { z in
          for i in x.indices { unsafe z[i] = x[i] * y[i] }
        }
      }
    }
  }

  /// z += x·y.
  static func addProduct(_ x: [Float], _ y: [Float], to z: inout [Float]) {
    precondition(x.count == y.count && x.count == z.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe z.withUnsafeMutableBufferPointer { z in
          for i in x.indices { unsafe z[i] += x[i] * y[i] }
        }
      }
    }
  }

  /// y += x.
  static func add(_ x: [Float], to y: inout [Float]) {
    precondition(x.count == y.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        for i in x.indices { unsafe y[i] += x[i] }
      }
    }
  }

  /// `sums` += the rows of as many `values` as there are sums, from the first to the last.
  static func addRows(of values: [Float], to sums: inout [Float]) {
    let columns = sums.count
    precondition(columns > 0 && values.count.isMultiple(of: columns))
    let rows = values.count / columns
    unsafe values.withUnsafeBufferPointer { source in
      unsafe sums.withUnsafeMutableBufferPointer { target in
        for i in 0..<rows {
          for j in 0..<columns { unsafe target[j] += source[i * columns + j] }
        }
      }
    }
  }

  /// Σ x², in eight partial sums (element i goes to sum i mod 8) that are added in order at the end. The eight are part
  /// of the definition, so the bits do not depend on the width of the machine's vectors.
  package static func sumOfSquares(_ x: [Float]) -> Double {
    unsafe x.withUnsafeBufferPointer { x in
      var partial = SIMD8<Double>()
      let whole = x.count / 8 * 8
      if let base = x.baseAddress {
        for i in stride(from: 0, to: whole, by: 8) {
          let v = SIMD8<Double>(unsafe UnsafeRawPointer(base + i).loadUnaligned(as: SIMD8<Float>.self))
          partial += v * v
        }
      }
      for i in whole..<x.count {
        let v = unsafe Double(x[i])
        partial[i - whole] += v * v
      }
      var sum = 0.0
      for lane in 0..<8 { sum += partial[lane] }
      return sum
    }
  }
}
