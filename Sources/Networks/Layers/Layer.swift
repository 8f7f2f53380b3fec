// SPDX-License-Identifier: Apache-2.0

/// One layer of a network, as a person writes it down; `Network` turns a list of them into operations.
package enum Layer: Codable, Sendable, Equatable {
  /// y = x·W + b with this many outputs.
  case dense(outputs: Int)
  /// x·sigmoid(x).
  case silu
  /// Unit dropout with this rate while training; nothing when predicting.
  case dropout(rate: Float)

  /// Whether the numbers are in their ranges.
  var isValid: Bool {
    switch self {
    case .dense(let outputs): (1...1_000_000).contains(outputs)
    case .silu: true
    case .dropout(let rate): rate >= 0 && rate < 1
    }
  }
}
