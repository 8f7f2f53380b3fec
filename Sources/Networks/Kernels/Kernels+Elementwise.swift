// SPDX-License-Identifier: Apache-2.0

import CKernels

// Loops element by element in which the vector form pays. Unsafe code: addresses go to the loops with the counts that are
// checked here; parts for several threads are disjoint.
extension Kernels {
  /// Fewer elements than this are not worth a second thread.
  private static let leastForThread = 32_768

  /// y = x·sigmoid(x); `gate` receives sigmoid(x), which the derivative needs, unless it is empty.
  package func silu(_ x: [Float], gate: inout [Float], _ y: inout [Float]) {
    precondition(y.count == x.count && (gate.isEmpty || gate.count == x.count))
    unsafe x.withUnsafeBufferPointer { x in
      unsafe gate.withUnsafeMutableBufferPointer { gate in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let from = x.baseAddress, let to = y.baseAddress else { return }
          let kept = gate.isEmpty ? nil : gate.baseAddress
          divide(x.count, least: Self.leastForThread) { part in
            let first = part.lowerBound
            unsafe table.silu(from + first, kept?.advanced(by: first), to + first, part.count)
          }
        }
      }
    }
  }

  /// dx += dy·s·(1 + x·(1 − s)), the derivative of x·s for s = sigmoid(x).
  package func siluGradient(_ x: [Float], gate: [Float], _ dy: [Float], into dx: inout [Float]) {
    let count = x.count
    precondition(dy.count == count && gate.count == count && dx.count == count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe gate.withUnsafeBufferPointer { gate in
        unsafe dy.withUnsafeBufferPointer { dy in
          unsafe dx.withUnsafeMutableBufferPointer { dx in
            guard let x = x.baseAddress, let gate = gate.baseAddress, let dy = dy.baseAddress,
              let dx = dx.baseAddress
            else { return }
            divide(count, least: Self.leastForThread) { part in
              let first = part.lowerBound
              unsafe table.siluGradient(x + first, gate + first, dy + first, dx + first, part.count)
            }
          }
        }
      }
    }
  }

  /// GRU-D's decay over steps of [x̂ | mask | δ] of as many variables as there are `speeds`: `factors` receives
  /// exp(speed·δ) and `y` receives x̂·exp(speed·δ), both where x̂ stands; the rest of both stays as it is.
  package func decay(_ x: [Float], speeds: [Float], factors: inout [Float], _ y: inout [Float]) {
    let variables = speeds.count
    precondition(
      variables > 0 && x.count.isMultiple(of: 3 * variables) && factors.count == x.count && y.count == x.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe speeds.withUnsafeBufferPointer { speeds in
        unsafe factors.withUnsafeMutableBufferPointer { factors in
          unsafe y.withUnsafeMutableBufferPointer { y in
            guard let from = x.baseAddress, let speeds = speeds.baseAddress, let factor = factors.baseAddress,
              let to = y.baseAddress
            else { return }
            for start in stride(from: 0, to: x.count, by: 3 * variables) {
              unsafe table.decay(
                from + start, from + start + 2 * variables, speeds, factor + start, to + start, variables)
            }
          }
        }
      }
    }
  }

  /// Fills `mask` with 0 or 1/(1 − rate): 0 where 16 random bits are below `rate`·2¹⁶, four elements from each number drawn,
  /// its low bits first.
  package func dropoutMask(_ mask: inout [Float], rate: Float, from random: inout RandomSource) {
    let count = mask.count
    var source = random
    let numbers = unsafe [UInt64](unsafeUninitializedCapacity: (count + 3) / 4) { buffer, initialised in
      initialised = (count + 3) / 4
      for index in 0..<initialised { unsafe buffer[index] = source.next().littleEndian }
    }
    random = source
    // The same memory seen as 16-bit numbers: all machines with kernels have the low bits first.
    unsafe numbers.withUnsafeBytes { bytes in
      unsafe mask.withUnsafeMutableBufferPointer { mask in
        guard let numbers = bytes.baseAddress, let mask = mask.baseAddress else { return }
        unsafe table.dropoutMask(
          numbers.assumingMemoryBound(to: UInt16.self), mask, count, UInt16(rate * 65536), 1 / (1 - rate))
      }
    }
  }

  /// One step of AdamW: m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← p·keep − rate·m/(√v·correction + ε).
  package func adam(_ p: inout [Float], _ g: [Float], _ m: inout [Float], _ v: inout [Float], _ step: AdamStep) {
    let count = p.count
    precondition(g.count == count && m.count == count && v.count == count)
    let numbers = KernelAdamStep(
      beta1: step.beta1, beta2: step.beta2, keep: step.keep, rate: step.rate, rootCorrection: step.rootCorrection,
      epsilon: step.epsilon)
    unsafe p.withUnsafeMutableBufferPointer { p in
      unsafe m.withUnsafeMutableBufferPointer { m in
        unsafe v.withUnsafeMutableBufferPointer { v in
          unsafe g.withUnsafeBufferPointer { g in
            guard let p = p.baseAddress, let g = g.baseAddress, let m = m.baseAddress, let v = v.baseAddress else {
              return
            }
            divide(count, least: Self.leastForThread) { part in
              let first = part.lowerBound
              unsafe table.adam(p + first, g + first, m + first, v + first, part.count, numbers)
            }
          }
        }
      }
    }
  }
}

/// The numbers of one AdamW step that are the same for a whole parameter.
package struct AdamStep: Sendable {
  let beta1: Float
  let beta2: Float
  /// What decay leaves of the parameter.
  var keep: Float
  /// rate / (1 − β₁ᵗ).
  let rate: Float
  /// 1 / √(1 − β₂ᵗ).
  let rootCorrection: Float
  let epsilon: Float

  package init(beta1: Float, beta2: Float, keep: Float, rate: Float, rootCorrection: Float, epsilon: Float) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.keep = keep
    self.rate = rate
    self.rootCorrection = rootCorrection
    self.epsilon = epsilon
  }
}
