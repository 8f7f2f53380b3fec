// SPDX-License-Identifier: Apache-2.0

/// Loops over whole arrays, element by element or into fixed lanes.
///
/// Unsafe code: raw pointers, so that eight neighbours load as one vector; all arrays of one call have the same count,
/// which each function checks. A rest of fewer than eight elements takes the scalar function, whose bits are the same.
package enum Elementwise {
  /// y = x·sigmoid(x); `gate` receives sigmoid(x), which the derivative needs.
  package static func silu(_ x: [Float], gate: inout [Float], _ y: inout [Float]) {
    precondition(x.count == y.count && x.count == gate.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe gate.withUnsafeMutableBufferPointer { gate in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let xBase = x.baseAddress, let gBase = gate.baseAddress, let yBase = y.baseAddress else { return }
          var i = 0
          while i + 8 <= x.count {
            let v = unsafe Product.load(xBase + i)
            let s = Elementary.sigmoid(v)
            unsafe Product.store(s, gBase + i)
            unsafe Product.store(v * s, yBase + i)
            i += 8
          }
          while i < x.count {
            let s = unsafe Elementary.sigmoid(x[i])
            unsafe gate[i] = s
            unsafe y[i] = x[i] * s
            i += 1
          }
        }
      }
    }
  }

  /// dx += dy·s·(1 + x·(1 − s)), the derivative of x·s for s = sigmoid(x).
  static func siluGradient(_ x: [Float], gate: [Float], _ dy: [Float], into dx: inout [Float]) {
    precondition(x.count == dy.count && x.count == gate.count && x.count == dx.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe gate.withUnsafeBufferPointer { gate in
        unsafe dy.withUnsafeBufferPointer { dy in
          unsafe dx.withUnsafeMutableBufferPointer { dx in
            for i in x.indices {
              let s = unsafe gate[i]
              unsafe dx[i] += dy[i] * (s * (1 + x[i] * (1 - s)))
            }
          }
        }
      }
    }
  }

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

  /// Every row of `matrix` = `row`.
  static func setRows(of matrix: inout Matrix, to row: [Float]) {
    precondition(row.count == matrix.columns)
    let (rows, columns) = (matrix.rows, matrix.columns)
    unsafe row.withUnsafeBufferPointer { source in
      unsafe matrix.values.withUnsafeMutableBufferPointer { target in
        for i in 0..<rows {
          for j in 0..<columns { unsafe target[i * columns + j] = source[j] }
        }
      }
    }
  }

  /// `sums` += the rows of `matrix`, from the first to the last.
  static func addRows(of matrix: Matrix, to sums: inout [Float]) {
    precondition(sums.count == matrix.columns)
    let (rows, columns) = (matrix.rows, matrix.columns)
    unsafe matrix.values.withUnsafeBufferPointer { source in
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
          let v = SIMD8<Double>(unsafe Product.load(base + i))
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
