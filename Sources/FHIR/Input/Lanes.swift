// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Threads that work side by side on the items of one sequence; results come out in the order of the items.
package struct Lanes: Sendable {
  /// How many there are; at least 1.
  package let count: Int

  package init(_ count: Int) { self.count = max(1, count) }

  /// Items a thread that are taken and not given out, at most: what is done early waits in memory for what is late.
  private static let ahead = 4

  private struct Intake<Failure: Error> {
    /// How many items were taken.
    var taken = 0
    /// Whether there is none any more, or none may be taken.
    var isOver = false
    /// What `next` threw.
    var failure: Failure?
  }

  private struct Outlet<Value: Sendable, Failure: Error> {
    /// How many results were given out.
    var given = 0
    /// Results that wait for one before them, by place.
    var early: [Int: Value] = [:]
    /// Whether a thread is giving out.
    var isGiving = false
    /// What `emit` threw; nothing is given out after that.
    var failure: Failure?
  }

  /// Takes items until there is none, works on up to `count` of them at once and gives each result out.
  ///
  /// `next` and `emit` are called by one thread at a time, each; while one waits for its bytes or writes, the others work,
  /// until they are a few items ahead.
  ///
  /// - Throws: what `emit` throws, and nothing is given out after that; else what `next` throws, after all that came before it
  ///   was given out, so that what is given out does not depend on the number of threads.
  package func run<Item: Sendable, Value: Sendable, Failure: Error>(
    _ next: @escaping () throws(Failure) -> Item?, work: @escaping @Sendable (Item) -> Value,
    emit: @escaping (Value) throws(Failure) -> Void
  ) throws(Failure) {
    let intake = Mutex(Intake<Failure>())
    let outlet = Mutex(Outlet<Value, Failure>())
    // A place for each item that may be taken. The thread with the first of those taken needs none, so all goes on.
    let places = DispatchSemaphore(value: 0)
    for _ in 0..<Self.ahead * count { places.signal() }
    // Each is called by one thread at a time only, and none after `concurrentPerform` has returned.
    nonisolated(unsafe) let next = next
    nonisolated(unsafe) let emit = emit

    DispatchQueue.concurrentPerform(iterations: count) { _ in
      // Who waits for a place looks again and ends.
      defer { for _ in 0..<count { places.signal() } }
      while true {
        places.wait()
        let item: (place: Int, value: Item)? = intake.withLock { intake in
          guard !intake.isOver else { return nil }
          do throws(Failure) {
            guard let value = unsafe try next() else {
              intake.isOver = true
              return nil
            }
            defer { intake.taken += 1 }
            return (intake.taken, value)
          } catch {
            (intake.isOver, intake.failure) = (true, error)
            return nil
          }
        }
        guard let item else { return }
        let value = work(item.value)
        var ready = outlet.withLock { outlet -> Value? in
          outlet.early[item.place] = value
          return Self.first(of: &outlet)
        }
        while let value = ready {
          do throws(Failure) {
            unsafe try emit(value)
          } catch {
            outlet.withLock { $0.failure = error }
            intake.withLock { $0.isOver = true }
            return
          }
          places.signal()
          ready = outlet.withLock { outlet in
            outlet.given += 1
            outlet.isGiving = false
            return Self.first(of: &outlet)
          }
        }
      }
    }
    if let failure = outlet.withLock({ $0.failure }) ?? intake.withLock({ $0.failure }) { throw failure }
  }

  /// The result that is to be given out next, if it is there and nobody else is giving out; the caller gives it out.
  private static func first<Value, Failure>(of outlet: inout Outlet<Value, Failure>) -> Value? {
    guard outlet.failure == nil, !outlet.isGiving, let value = outlet.early.removeValue(forKey: outlet.given) else {
      return nil
    }
    outlet.isGiving = true
    return value
  }
}
