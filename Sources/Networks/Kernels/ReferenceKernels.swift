// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The kernels as plain loops over single numbers: what every other form must equal bit for bit.
///
/// Unsafe code: the addresses and counts are those of the C functions that these stand in for.
enum ReferenceKernels {
  static var table: KernelTable {
    unsafe KernelTable(
      multiplyAdd: { a, b, start, startStride, result, resultStride, rows, columns, inner in
        for i in 0..<rows {
          for j in 0..<columns {
            // No sum is a negative zero, so that a zero of `a` adds nothing and may be left out.
            var sum = unsafe start[i * startStride + j] + 0
            for k in 0..<inner { unsafe sum += a[i, k] * b[k, j] }
            unsafe result[i * resultStride + j] = sum
          }
        }
      },
      silu: { x, gate, y, count in
        for i in 0..<count {
          let s = unsafe Elementary.sigmoid(x[i])
          unsafe gate?[i] = s
          unsafe y[i] = x[i] * s
        }
      },
      siluGradient: { x, gate, dy, dx, count in
        for i in 0..<count {
          let s = unsafe gate[i]
          unsafe dx[i] += dy[i] * (s * (1 + x[i] * (1 - s)))
        }
      },
      decay: { x, delta, speed, factor, y, count in
        for i in 0..<count {
          let f = unsafe Elementary.exp(speed[i] * delta[i])
          unsafe factor[i] = f
          unsafe y[i] = x[i] * f
        }
      },
      dropoutMask: { random, mask, count, threshold, kept in
        for i in 0..<count { unsafe mask[i] = random[i] < threshold ? 0 : kept }
      },
      gruStep: { step in unsafe ReferenceKernels.gruStep(step) },
      gruSlopes: { step in unsafe ReferenceKernels.gruSlopes(step) },
      adam: { p, g, m, v, count, step in
        for i in 0..<count {
          let gradient = unsafe g[i]
          let mean = unsafe step.beta1 * m[i] + (1 - step.beta1) * gradient
          let square = unsafe step.beta2 * v[i] + (1 - step.beta2) * (gradient * gradient)
          unsafe m[i] = mean
          unsafe v[i] = square
          let root = square.squareRoot() * step.rootCorrection + step.epsilon
          unsafe p[i] = p[i] * step.keep - step.rate * mean / root
        }
      })
  }

  private static func gruStep(_ step: KernelGRUStep) {
    let hidden = unsafe step.hidden
    for row in unsafe 0..<step.rows {
      let a = unsafe step.fromInput + row * step.fromInputStride
      let b = unsafe step.fromState + row * 3 * hidden
      for unit in 0..<hidden {
        let r = unsafe Elementary.sigmoid(a[unit] + b[unit])
        let z = unsafe Elementary.sigmoid(a[hidden + unit] + b[hidden + unit])
        let part = unsafe b[2 * hidden + unit]
        let n = unsafe Elementary.tanh(a[2 * hidden + unit] + r * part)
        let h = unsafe (1 - z) * n + z * step.state[row * hidden + unit]
        if let gates = unsafe step.gates {
          let kept = unsafe gates + row * step.gatesStride + unit
          unsafe kept[0] = r
          unsafe kept[hidden] = z
          unsafe kept[2 * hidden] = n
          unsafe kept[3 * hidden] = part
        }
        unsafe step.state[row * hidden + unit] = h
        unsafe step.output[row * step.outputStride + unit] = h
      }
    }
  }

  /// With d the slope of h′: dz = d·(h − n)·z·(1 − z), dn = d·(1 − z)·(1 − n²), dr = dn·(h·Un + cn)·r·(1 − r).
  private static func gruSlopes(_ step: KernelGRUSlopes) {
    let hidden = unsafe step.hidden
    for row in unsafe 0..<step.rows {
      for unit in 0..<hidden {
        let gates = unsafe step.gates + row * step.gatesStride + unit
        let (r, z, n, part) = unsafe (gates[0], gates[hidden], gates[2 * hidden], gates[3 * hidden])
        let own = row * hidden + unit
        let slope = unsafe step.slopes[row * step.slopesStride + unit] + step.carried[own]
        let dn = slope * (1 - z) * (1 - n * n)
        let dz = unsafe slope * (step.before[own] - n) * z * (1 - z)
        let dr = dn * part * r * (1 - r)
        let toInput = unsafe step.toInput + row * step.toInputStride + unit
        let toState = unsafe step.toState + row * 3 * hidden + unit
        unsafe (toInput[0], toInput[hidden], toInput[2 * hidden]) = (dr, dz, dn)
        unsafe (toState[0], toState[hidden], toState[2 * hidden]) = (dr, dz, dn * r)
        unsafe step.carried[own] = slope * z
      }
    }
  }
}

extension KernelFactor {
  fileprivate subscript(i: Int, j: Int) -> Float { unsafe values[i * rowStride + j * columnStride] }
}
