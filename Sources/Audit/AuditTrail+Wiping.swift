// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// What was destroyed is overwritten at once, and gone from the store's files when nobody reads an older state of them any more.
extension AuditTrail {
  /// Whether what was destroyed is nowhere in the store's files any more. A verification or a backup in another process that began
  /// before holds on to the log in which it lies; when that has ended, `finishWiping` empties it, or the next start.
  package var isWiped: Bool { isWipeDue.withLock { !$0 } }

  /// Has the store wipe what was destroyed; where it cannot yet, it stays due.
  func wipe() async {
    isWipeDue.withLock { $0 = true }
    await finishWiping()
  }

  /// Does so on the caller's.
  func wipeNow() {
    let isDone = (try? store.wipe()) != nil
    isWipeDue.withLock { $0 = !isDone }
  }

  /// Tries again what could not be wiped: on the writer's thread, which writes the same file; in PostgreSQL beside it, as it takes a while.
  package func finishWiping() async {
    // PostgreSQL writes the whole table anew, once for all data keys that are being wrapped anew.
    guard !isWiped, !(isShared && isRewrapping.withLock(\.self)) else { return }
    await withCheckedContinuation { done in
      (isShared ? DispatchQueue.global() : writer).async {
        self.wipeNow()
        done.resume()
      }
    }
  }
}
