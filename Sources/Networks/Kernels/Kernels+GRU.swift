// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The element-by-element part of one step of a GRU, for all rows of a batch of `steps` steps.
///
/// Per row, `fromInput` and `fromState` hold the sums of the gates r, z, n; the gates that are kept for the derivative are
/// r, z, n and the state's part of n (h·Un + cn).
///
/// Unsafe code: addresses go to the loops with shapes that are checked here; threads get disjoint rows.
extension Kernels {
  /// Fewer units than this are not worth a second thread.
  private static let leastUnits = 8_192

  /// Step `step`: `state` (rows × hidden) becomes the state after it, which `states` (rows × steps·hidden) receives too.
  ///
  /// `fromInput` has the sums of all steps, row by row. `gates` (rows × steps·4·hidden) may be empty.
  package func gruStep(
    _ step: Int, of steps: Int, hidden: Int, fromInput: [Float], fromState: [Float], gates: inout [Float],
    state: inout [Float], states: inout [Float]
  ) {
    let rows = state.count / hidden
    precondition(step < steps && states.count == rows * steps * hidden)
    precondition(fromInput.count == rows * steps * 3 * hidden && fromState.count == rows * 3 * hidden)
    precondition(gates.isEmpty || gates.count == rows * steps * 4 * hidden)
    unsafe fromInput.withUnsafeBufferPointer { fromInput in
      unsafe fromState.withUnsafeBufferPointer { fromState in
        unsafe gates.withUnsafeMutableBufferPointer { gates in
          unsafe state.withUnsafeMutableBufferPointer { state in
            unsafe states.withUnsafeMutableBufferPointer { states in
              guard let a = fromInput.baseAddress, let b = fromState.baseAddress, let h = state.baseAddress,
                let y = states.baseAddress
              else { return }
              let kept = gates.isEmpty ? nil : gates.baseAddress
              divide(rows, least: Self.leastUnits / hidden + 1) { part in
                let row = part.lowerBound
                let at = row * steps + step
                unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * hidden) { scratch in
                  guard let scratch = scratch.baseAddress else { return }
                  unsafe table.gruStep(
                    KernelGRUStep(
                      rows: part.count, hidden: hidden, fromInput: a + at * 3 * hidden,
                      fromInputStride: steps * 3 * hidden, fromState: b + row * 3 * hidden,
                      gates: kept?.advanced(by: at * 4 * hidden), gatesStride: steps * 4 * hidden, scratch: scratch,
                      state: h + row * hidden, output: y + at * hidden, outputStride: steps * hidden))
                }
              }
            }
          }
        }
      }
    }
  }

  /// Backward through step `step`. `carried` (rows × hidden) holds what later steps ask of this step's state, and leaves
  /// with what the gate z passes on to the state before; `toInput` (rows × steps·3·hidden) and `toState` (rows × 3·hidden)
  /// receive the slopes of the two sums of each gate. `before` is the state before the step, `slopes` (rows ×
  /// steps·hidden) what is asked of the states from outside.
  package func gruSlopes(
    _ step: Int, of steps: Int, hidden: Int, gates: [Float], before: [Float], slopes: [Float],
    toInput: inout [Float], toState: inout [Float], carried: inout [Float]
  ) {
    let rows = carried.count / hidden
    precondition(step < steps && before.count == rows * hidden && toState.count == rows * 3 * hidden)
    precondition(gates.count == rows * steps * 4 * hidden && slopes.count == rows * steps * hidden)
    precondition(toInput.count == rows * steps * 3 * hidden)
    unsafe gates.withUnsafeBufferPointer { gates in
      unsafe before.withUnsafeBufferPointer { before in
        unsafe slopes.withUnsafeBufferPointer { slopes in
          unsafe toInput.withUnsafeMutableBufferPointer { toInput in
            unsafe toState.withUnsafeMutableBufferPointer { toState in
              unsafe carried.withUnsafeMutableBufferPointer { carried in
                guard let gates = gates.baseAddress, let before = before.baseAddress, let slopes = slopes.baseAddress,
                  let toInput = toInput.baseAddress, let toState = toState.baseAddress,
                  let carried = carried.baseAddress
                else { return }
                divide(rows, least: Self.leastUnits / hidden + 1) { part in
                  let row = part.lowerBound
                  let at = row * steps + step
                  unsafe table.gruSlopes(
                    KernelGRUSlopes(
                      rows: part.count, hidden: hidden, gates: gates + at * 4 * hidden, gatesStride: steps * 4 * hidden,
                      before: before + row * hidden, slopes: slopes + at * hidden, slopesStride: steps * hidden,
                      toInput: toInput + at * 3 * hidden, toInputStride: steps * 3 * hidden,
                      toState: toState + row * 3 * hidden, carried: carried + row * hidden))
                }
              }
            }
          }
        }
      }
    }
  }
}
