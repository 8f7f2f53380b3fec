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

  private struct State<Value: Sendable, Failure: Error> {
    var failure: Failure?
    /// How many results were given out.
    var given = 0
    /// Results that wait for one before them, by place.
    var early: [Int: Value] = [:]
    /// Whether a thread is giving out.
    var isGiving = false
  }

  /// Takes items until there is none, works on up to `count` of them at once and gives each result out.
  ///
  /// `next` and `emit` are called by one thread at a time, each; while one waits for its bytes or writes, the others work,
  /// until they are a few items ahead.
  ///
  /// - Throws: what `next` or `emit` throws first; no item is taken after that.
  package func run<Item: Sendable, Value: Sendable, Failure: Error>(
    _ next: @escaping () throws(Failure) -> Item?, work: @escaping @Sendable (Item) -> Value,
    emit: @escaping (Value) throws(Failure) -> Void
  ) throws(Failure) {
    let taken = Mutex(0)
    let state = Mutex(State<Value, Failure>())
    // A place for each item that may be taken. The thread with the first of those taken needs none, so all goes on.
    let places = DispatchSemaphore(value: 0)
    for _ in 0..<Self.ahead * count { places.signal() }
    // Each is called by one thread at a time only, and none after `concurrentPerform` has returned.
    nonisolated(unsafe) let next = next
    nonisolated(unsafe) let emit = emit

    @Sendable func end(by failure: Failure?) {
      if let failure { state.withLock { $0.failure = $0.failure ?? failure } }
      // Who waits for a place looks again and ends.
      for _ in 0..<count { places.signal() }
    }

    DispatchQueue.concurrentPerform(iterations: count) { _ in
      while true {
        places.wait()
        let item: (place: Int, value: Item)? = taken.withLock { taken in
          guard state.withLock({ $0.failure == nil }) else { return nil }
          do throws(Failure) {
            guard let value = unsafe try next() else { return nil }
            defer { taken += 1 }
            return (taken, value)
          } catch {
            end(by: error)
            return nil
          }
        }
        guard let item else { return end(by: nil) }
        let value = work(item.value)
        var ready = state.withLock { state -> Value? in
          state.early[item.place] = value
          return Self.first(of: &state)
        }
        while let value = ready {
          do throws(Failure) {
            unsafe try emit(value)
          } catch {
            return end(by: error)
          }
          places.signal()
          ready = state.withLock { state in
            state.given += 1
            state.isGiving = false
            return Self.first(of: &state)
          }
        }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// The result that is to be given out next, if it is there and nobody else is giving out; the caller gives it out.
  private static func first<Value, Failure>(of state: inout State<Value, Failure>) -> Value? {
    guard state.failure == nil, !state.isGiving, let value = state.early.removeValue(forKey: state.given) else {
      return nil
    }
    state.isGiving = true
    return value
  }
}
