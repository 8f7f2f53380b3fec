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

  /// x ← x·factor.
  static func scale(_ x: inout [Float], by factor: Float) {
    unsafe x.withUnsafeMutableBufferPointer { x in
      for i in x.indices { unsafe x[i] *= factor }
    }
  }
}
