// SPDX-License-Identifier: Apache-2.0

/// The element-by-element part of one step of a GRU, for all rows of a batch.
///
/// Per row, `fromInput` and `fromState` hold the sums of the gates r, z, n; `gates` receives r, z, n and the state's part
/// of n (h·Un + cn), which the derivative needs.
package enum GRUCell {
  /// Unsafe code: raw pointers, so that eight units load as one vector; every index is below the counts checked first.
  /// A rest of fewer than eight units takes the scalar functions, whose bits are the same.
  package static func forward(
    step: Int, steps: Int, hidden: Int, fromInput: [Float], fromState: [Float], gates: inout [Float],
    state: inout [Float], states: inout [Float]
  ) {
    let rows = state.count / hidden
    precondition(fromState.count == rows * 3 * hidden && fromInput.count == rows * steps * 3 * hidden)
    precondition(gates.count == rows * steps * 4 * hidden && states.count == rows * steps * hidden && step < steps)
    unsafe fromInput.withUnsafeBufferPointer { fromInput in
      unsafe fromState.withUnsafeBufferPointer { fromState in
        unsafe gates.withUnsafeMutableBufferPointer { gates in
          unsafe state.withUnsafeMutableBufferPointer { state in
            unsafe states.withUnsafeMutableBufferPointer { states in
              guard let a = fromInput.baseAddress, let b = fromState.baseAddress, let g = gates.baseAddress,
                let h = state.baseAddress, let y = states.baseAddress
              else { return }
              for row in 0..<rows {
                let at = row * steps + step
                unsafe forwardRow(
                  a + at * 3 * hidden, b + row * 3 * hidden, g + at * 4 * hidden, h + row * hidden, y + at * hidden,
                  hidden)
              }
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func forwardRow(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>,
    _ state: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ hidden: Int
  ) {
    var i = 0
    while i + 8 <= hidden {
      let r = unsafe Elementary.sigmoid(Product.load(a + i) + Product.load(b + i))
      let z = unsafe Elementary.sigmoid(Product.load(a + hidden + i) + Product.load(b + hidden + i))
      let part = unsafe Product.load(b + 2 * hidden + i)
      let n = unsafe Elementary.tanh(Product.load(a + 2 * hidden + i) + r * part)
      let h = unsafe (1 - z) * n + z * Product.load(state + i)
      unsafe Product.store(r, gates + i)
      unsafe Product.store(z, gates + hidden + i)
      unsafe Product.store(n, gates + 2 * hidden + i)
      unsafe Product.store(part, gates + 3 * hidden + i)
      unsafe Product.store(h, state + i)
      unsafe Product.store(h, output + i)
      i += 8
    }
    while i < hidden {
      let r = unsafe Elementary.sigmoid(a[i] + b[i])
      let z = unsafe Elementary.sigmoid(a[hidden + i] + b[hidden + i])
      let part = unsafe b[2 * hidden + i]
      let n = unsafe Elementary.tanh(a[2 * hidden + i] + r * part)
      let h = unsafe (1 - z) * n + z * state[i]
      unsafe gates[i] = r
      unsafe gates[hidden + i] = z
      unsafe gates[2 * hidden + i] = n
      unsafe gates[3 * hidden + i] = part
      unsafe state[i] = h
      unsafe output[i] = h
      i += 1
    }
  }

  /// Backward through one step. `carried` holds what later steps ask of this step's state, and leaves with what the
  /// gate z passes on to the state before; `toInput` and `toState` receive the slopes of the two sums of each gate.
  ///
  /// With d the slope of h′: dz = d·(h − n)·z·(1 − z), dn = d·(1 − z)·(1 − n²), dr = dn·(h·Un + cn)·r·(1 − r).
  static func backward(
    step: Int, steps: Int, hidden: Int, gates: [Float], before: [Float], slopes: [Float], toInput: inout [Float],
    toState: inout [Float], carried: inout [Float]
  ) {
    for row in 0..<before.count / hidden {
      let at = row * steps + step
      for unit in 0..<hidden {
        let (r, z) = (gates[at * 4 * hidden + unit], gates[(at * 4 + 1) * hidden + unit])
        let (n, part) = (gates[(at * 4 + 2) * hidden + unit], gates[(at * 4 + 3) * hidden + unit])
        let slope = slopes[at * hidden + unit] + carried[row * hidden + unit]
        let dn = slope * (1 - z) * (1 - n * n)
        let dz = slope * (before[row * hidden + unit] - n) * z * (1 - z)
        let dr = dn * part * r * (1 - r)
        toInput[at * 3 * hidden + unit] = dr
        toInput[(at * 3 + 1) * hidden + unit] = dz
        toInput[(at * 3 + 2) * hidden + unit] = dn
        toState[row * 3 * hidden + unit] = dr
        toState[(row * 3 + 1) * hidden + unit] = dz
        toState[(row * 3 + 2) * hidden + unit] = dn * r
        carried[row * hidden + unit] = slope * z
      }
    }
  }
}
