// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Shares the processors among clients.
///
/// Parsing and assessing are pure computing, so no more of it runs at once than there are processors; the rest waits, each
/// client in a row of its own. Which row goes next is start-time fair queueing (Goyal, Vin, Cheng 1996) by the size of the
/// requests: a client that sends little waits for at most the requests that are running and one of every other client,
/// however many of those wait.
package final class WorkQueue: Sendable {
  /// Why something does not run.
  package enum Refusal: Error, Sendable, Hashable {
    /// The queue, or the client's part of it, is full.
    case full
    /// It waited for longer than anybody should.
    case tooLate
  }

  private struct Waiting {
    /// The virtual time at which it would start if it had a processor to itself.
    var start: Int
    var since: ContinuousClock.Instant
    var turn: CheckedContinuation<Bool, Never>
  }

  /// One client's row. It is forgotten when it is empty and virtual time has passed it.
  private struct Row {
    var waiting: ArraySlice<Waiting> = []
    /// The virtual time at which its last request ends.
    var finish = 0
  }

  private struct State {
    var running = 0
    var waiting = 0
    var virtualTime = 0
    var rows: [String: Row] = [:]
  }

  /// What a request costs beside its bytes: the fixed part of an assessment, in bytes that take as long to parse.
  private static let fixedCost = 64 << 10

  private let slots: Int
  private let limits: ServerLimits
  private let state = Mutex(State())

  /// - Parameter slots: how much runs at once: the number of processors.
  package init(slots: Int, limits: ServerLimits) {
    self.slots = max(1, slots)
    self.limits = limits
  }

  /// Requests that wait.
  package var waitingCount: Int { state.withLock { $0.waiting } }

  /// Runs `work` when it is the client's turn.
  ///
  /// - Parameters:
  ///   - bytes: how large the request is, as a measure of what it costs.
  ///   - work: only computing; what waits for a disk or a network gives no processor to anybody.
  package func run<Value, Failure: Error>(
    for client: String, bytes: Int, _ work: () throws(Failure) -> Value
  ) async throws(WorkFailure<Failure>) -> Value {
    guard await admit(client, cost: bytes + Self.fixedCost) else { throw .refused(.full) }
    defer { release() }
    do {
      return try work()
    } catch {
      throw .failed(error)
    }
  }

  private func admit(_ client: String, cost: Int) async -> Bool {
    enum Step { case run, wait, refuse }
    return await withCheckedContinuation { turn in
      let step = state.withLock { state -> Step in
        var row = state.rows[client] ?? Row()
        let start = max(row.finish, state.virtualTime)
        if state.running < slots, state.waiting == 0 {
          state.running += 1
          row.finish = start + cost
          state.rows[client] = row
          Self.forget(&state)
          return .run
        }
        guard state.waiting < limits.waiting, row.waiting.count < limits.waitingPerClient else { return .refuse }
        row.waiting.append(Waiting(start: start, since: .now, turn: turn))
        row.finish = start + cost
        state.rows[client] = row
        state.waiting += 1
        return .wait
      }
      switch step {
      case .run: turn.resume(returning: true)
      case .refuse: turn.resume(returning: false)
      case .wait: break
      }
    }
  }

  /// Gives the processor to the next, and tells those whose time is over.
  private func release() {
    let oldest = ContinuousClock.now - .seconds(limits.waitingSeconds)
    var (late, next): ([Waiting], Waiting?) = ([], nil)
    state.withLock { state in
      while let waiting = Self.takeNext(&state) {
        if waiting.since < oldest {
          late.append(waiting)
        } else {
          next = waiting
          break
        }
      }
      if next == nil { state.running -= 1 }
    }
    for waiting in late { waiting.turn.resume(returning: false) }
    next?.turn.resume(returning: true)
  }

  private static func takeNext(_ state: inout State) -> Waiting? {
    let first = state.rows.compactMap { name, row in row.waiting.first.map { (name, $0.start) } }
    // Names break ties, so that the order does not depend on a hash.
    guard let (name, start) = first.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else {
      state.virtualTime = state.rows.values.map(\.finish).max() ?? state.virtualTime
      state.rows = [:]
      return nil
    }
    let waiting = state.rows[name]?.waiting.popFirst()
    state.virtualTime = max(state.virtualTime, start)
    state.waiting -= 1
    forget(&state)
    return waiting
  }

  /// Drops rows that say nothing any more, so that there are never more than clients that are active.
  private static func forget(_ state: inout State) {
    guard state.rows.count > 64 else { return }
    let time = state.virtualTime
    state.rows = state.rows.filter { !$0.value.waiting.isEmpty || $0.value.finish > time }
  }
}

/// Why queued work has no result.
package enum WorkFailure<Failure: Error>: Error {
  /// It did not run.
  case refused(WorkQueue.Refusal)
  /// It ran and failed.
  case failed(Failure)
}
