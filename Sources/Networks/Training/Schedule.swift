// SPDX-License-Identifier: Apache-2.0

/// How the learning rate moves over a training.
package enum Schedule: Codable, Sendable, Equatable {
  /// The configured rate throughout.
  case constant
  /// From the configured rate along half a cosine down to zero (Loshchilov and Hutter 2017, without restarts).
  case cosine
  /// One cycle (Smith 2018): from 1/25 of the configured rate along half a cosine up to it over the first `warmUp` part,
  /// then down to 1/250,000 of it; momentum (β₁) moves oppositely between 0.95 and 0.85.
  case oneCycle(warmUp: Double)

  /// The factor on the configured rate, and the momentum if the schedule sets one, when `progress` in [0, 1] of all
  /// steps is done.
  package func values(at progress: Double) -> (factor: Float, momentum: Float?) {
    switch self {
    case .constant:
      return (1, nil)
    case .cosine:
      return (Float(Self.anneal(from: 1, to: 0, progress)), nil)
    case .oneCycle(let warmUp):
      let low = 1.0 / 25
      if progress < warmUp {
        let part = progress / warmUp
        return (Float(Self.anneal(from: low, to: 1, part)), Float(Self.anneal(from: 0.95, to: 0.85, part)))
      }
      let part = warmUp < 1 ? (progress - warmUp) / (1 - warmUp) : 1
      return (Float(Self.anneal(from: 1, to: low / 1e4, part)), Float(Self.anneal(from: 0.85, to: 0.95, part)))
    }
  }

  private static func anneal(from start: Double, to end: Double, _ part: Double) -> Double {
    end + (start - end) / 2 * (1 + Elementary.cosinePi(min(max(part, 0), 1)))
  }
}
