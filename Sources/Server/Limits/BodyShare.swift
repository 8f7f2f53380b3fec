// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// One request's part of the budget of bodies, given back when the request is over.
package final class BodyShare: Sendable {
  private let budget: BodyBudget
  private let taken = Mutex(0)

  init(of budget: BodyBudget) {
    self.budget = budget
  }

  deinit {
    budget.give(taken.withLock { $0 })
  }

  /// Takes bytes; false when they are not left.
  func take(_ bytes: Int) -> Bool {
    guard budget.take(bytes) else { return false }
    taken.withLock { $0 += bytes }
    return true
  }
}
