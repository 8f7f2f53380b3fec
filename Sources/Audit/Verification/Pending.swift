// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Something that another thread works out meanwhile.
final class Pending<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)
  private let isMade = DispatchSemaphore(value: 0)

  /// Begins at once, or as soon as a processor is free.
  init(_ work: @escaping @Sendable () -> Value) {
    DispatchQueue.global().async { [self] in
      let value = work()
      made.withLock { $0 = value }
      isMade.signal()
    }
  }

  /// Waits for it; asked once.
  func value() -> Value? {
    isMade.wait()
    return made.withLock { $0.take() }
  }
}
