// SPDX-License-Identifier: Apache-2.0

// Unsafe code: raw buffers without bounds checks, so that the compiler vectorises the loops; the counts are checked.
extension Elementwise {
  /// v ← momentum·v + g; p ← p·keep − rate·v.
  static func descend(
    _ p: inout [Float], _ g: [Float], velocity v: inout [Float], keep: Float, momentum: Float, rate: Float
  ) {
    precondition(p.count == g.count && p.count == v.count)
    unsafe p.withUnsafeMutableBufferPointer { p in
      unsafe v.withUnsafeMutableBufferPointer { v in
        unsafe g.withUnsafeBufferPointer { g in
          for i in g.indices {
            let velocity = unsafe momentum * v[i] + g[i]
            unsafe v[i] = velocity
            unsafe p[i] = p[i] * keep - rate * velocity
          }
        }
      }
    }
  }

  /// m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← p·keep − rate·m/(√v·correction + ε).
  static func adam(
    _ p: inout [Float], _ g: [Float], _ m: inout [Float], _ v: inout [Float], keep: Float, _ step: AdamStep
  ) {
    precondition(p.count == g.count && p.count == m.count && p.count == v.count)
    unsafe p.withUnsafeMutableBufferPointer { p in
      unsafe m.withUnsafeMutableBufferPointer { m in
        unsafe v.withUnsafeMutableBufferPointer { v in
          unsafe g.withUnsafeBufferPointer { g in
            for i in g.indices {
              let gradient = unsafe g[i]
              let mean = unsafe step.beta1 * m[i] + (1 - step.beta1) * gradient
              let square = unsafe step.beta2 * v[i] + (1 - step.beta2) * (gradient * gradient)
              unsafe m[i] = mean
              unsafe v[i] = square
              let root = square.squareRoot() * step.rootCorrection + step.epsilon
              unsafe p[i] = p[i] * keep - step.rate * mean / root
            }
          }
        }
      }
    }
  }

  /// x ← x·factor.
  static func scale(_ x: inout [Float], by factor: Float) {
    unsafe x.withUnsafeMutableBufferPointer { x in
      for i in x.indices { unsafe x[i] *= factor }
    }
  }
}
