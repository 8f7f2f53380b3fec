// SPDX-License-Identifier: Apache-2.0

/// Quantiles of sorted numbers.
package enum Quantile {
  /// The quantile at `share` in [0, 1] of ascending numbers, linear between neighbours (type 7 of Hyndman and Fan 1996);
  /// there must be at least one.
  package static func of<Number: BinaryFloatingPoint>(_ sorted: [Number], _ share: Double) -> Number {
    let position = share * Double(sorted.count - 1)
    let index = Int(position)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (sorted[next] - sorted[index]) * Number(position - Double(index))
  }
}
