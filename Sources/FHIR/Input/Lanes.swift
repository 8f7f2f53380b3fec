// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Threads that work side by side on the items of one sequence; results come out in the order of the items.
package struct Lanes: Sendable {
  /// How many there are; at least 1.
  package let count: Int

  package init(_ count: Int) { self.count = max(1, count) }

  private struct Intake<Failure: Error> {
    var taken = 0
    var failure: Failure?
  }
  private struct Outlet<Value: Sendable> {
    var given = 0
    var early: [Int: Value] = [:]
  }

  /// Takes items until there is none, works on up to `count` of them at once and gives each result out.
  ///
  /// `next` and `emit` are called by one thread at a time, each; while one waits for its bytes or writes, the others work.
  ///
  /// - Throws: what `next` or `emit` throws first; no item is taken after that.
  package func run<Item: Sendable, Value: Sendable, Failure: Error>(
    _ next: @escaping () throws(Failure) -> Item?, work: @escaping @Sendable (Item) -> Value,
    emit: @escaping (Value) throws(Failure) -> Void
  ) throws(Failure) {
    let intake = Mutex(Intake<Failure>())
    let outlet = Mutex(Outlet<Value>())
    // Each is called under its own lock only, and none after `concurrentPerform` has returned.
    nonisolated(unsafe) let next = next
    nonisolated(unsafe) let emit = emit
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      while true {
        let (item, place) = intake.withLock { intake -> (Item?, Int) in
          guard intake.failure == nil else { return (nil, 0) }
          defer { intake.taken += 1 }
          do throws(Failure) {
            return unsafe (try next(), intake.taken)
          } catch {
            intake.failure = error
            return (nil, 0)
          }
        }
        guard let item else { return }
        let value = work(item)
        outlet.withLock { outlet in
          outlet.early[place] = value
          while intake.withLock({ $0.failure == nil }), let ready = outlet.early.removeValue(forKey: outlet.given) {
            outlet.given += 1
            do throws(Failure) {
              unsafe try emit(ready)
            } catch {
              intake.withLock { $0.failure = error }
            }
          }
        }
      }
    }
    if let failure = intake.withLock({ $0.failure }) { throw failure }
  }
}
