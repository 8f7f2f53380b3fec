// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Server
import Synchronization
import Testing

@Suite struct WorkQueueTests {
  /// Limits under which nothing is late, however busy the machine is.
  private static let patient = {
    var limits = ServerLimits()
    limits.waitingSeconds = 600
    return limits
  }()

  /// Holds a queue's only processor until it is told to let go.
  private final class Holder: Sendable {
    let queue: WorkQueue
    private let isHolding = Mutex(false)
    private let mayGo = DispatchSemaphore(value: 0)
    private let thread = OwnThread()

    init(limits: ServerLimits = WorkQueueTests.patient) {
      queue = WorkQueue(slots: 1, limits: limits)
    }

    /// Occupies the processor on a thread of its own, since the work may not suspend.
    func hold() async -> Task<Void, Never> {
      let task = Task.detached(executorPreference: thread) {
        _ = try? await self.queue.run(for: "holder", bytes: 0) {
          self.isHolding.withLock { $0 = true }
          self.mayGo.wait()
        }
      }
      while !isHolding.withLock({ $0 }) { await Task.yield() }
      return task
    }

    func letGo() { mayGo.signal() }
  }

  /// Runs a task beside the pool of threads that all other tests share: blocking one of those could stop them all.
  private final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "holder")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  private let order = Order()

  private final class Order: Sendable {
    private let names = Mutex<[String]>([])
    func add(_ name: String) { names.withLock { $0.append(name) } }
    var all: [String] { names.withLock { $0 } }
  }

  private func enqueue(_ queue: WorkQueue, _ client: String, bytes: Int = 0) async -> Task<Bool, Never> {
    let before = queue.waitingCount
    let task = Task.detached { [order] in
      do throws(WorkFailure<Never>) {
        try await queue.run(for: client, bytes: bytes) { order.add(client) }
        return true
      } catch {
        return false
      }
    }
    // So that the order of arrival is the order of the calls; a refused one never waits.
    for _ in 0..<10_000 where queue.waitingCount == before { await Task.yield() }
    return task
  }

  @Test func handsOnResultsAndErrors() async throws {
    struct Failure: Error {}
    let queue = WorkQueue(slots: 2, limits: ServerLimits())
    #expect(try await queue.run(for: "a", bytes: 1) { 7 } == 7)
    do {
      try await queue.run(for: "a", bytes: 1) { () throws(Failure) in throw Failure() }
      Issue.record("nothing thrown")
    } catch {
      guard case .failed = error else { throw error }
    }
    // The processor came back both times.
    #expect(try await queue.run(for: "a", bytes: 1) { queue.waitingCount } == 0)
  }

  @Test func aFloodWaitsForItself() async throws {
    let holder = Holder()
    let holding = await holder.hold()
    var tasks: [Task<Bool, Never>] = []
    for _ in 0..<20 { tasks.append(await enqueue(holder.queue, "flood")) }
    for _ in 0..<3 { tasks.append(await enqueue(holder.queue, "quiet")) }
    holder.letGo()
    await holding.value
    for task in tasks { #expect(await task.value) }
    // The quiet client's first call is second at the latest, its third sixth, with twenty others there before it.
    let places = order.all.enumerated().filter { $0.element == "quiet" }.map(\.offset)
    #expect(order.all.count == 23)
    #expect(places.count == 3)
    #expect(zip(places, [1, 3, 5]).allSatisfy { $0 <= $1 }, "\(order.all)")
  }

  /// Large requests take larger turns.
  @Test func sharesByCost() async throws {
    let holder = Holder()
    let holding = await holder.hold()
    var tasks: [Task<Bool, Never>] = []
    for _ in 0..<6 { tasks.append(await enqueue(holder.queue, "large", bytes: 1 << 20)) }
    for _ in 0..<12 { tasks.append(await enqueue(holder.queue, "small")) }
    holder.letGo()
    await holding.value
    for task in tasks { _ = await task.value }
    // All the small ones are done before the large ones' second.
    let second = order.all.enumerated().filter { $0.element == "large" }.map(\.offset)[1]
    #expect(order.all.prefix(second).count { $0 == "small" } == 12)
  }

  @Test func refusesEarlyWhenFull() async throws {
    var limits = Self.patient
    limits.waiting = 5
    limits.waitingPerClient = 3
    let holder = Holder(limits: limits)
    let holding = await holder.hold()
    var tasks: [(String, Task<Bool, Never>)] = []
    for client in ["a", "a", "a", "a", "b", "b", "b"] { tasks.append((client, await enqueue(holder.queue, client))) }
    #expect(holder.queue.waitingCount == 5)
    holder.letGo()
    await holding.value
    var served: [String] = []
    for (client, task) in tasks where await task.value { served.append(client) }
    #expect(served == ["a", "a", "a", "b", "b"])
  }

  @Test func tellsThoseWhoWaitedTooLong() async throws {
    var limits = ServerLimits()
    limits.waitingSeconds = 0
    let holder = Holder(limits: limits)
    let holding = await holder.hold()
    let late = await enqueue(holder.queue, "late")
    holder.letGo()
    await holding.value
    #expect(await !late.value)
    #expect(holder.queue.waitingCount == 0)
    #expect(try await holder.queue.run(for: "next", bytes: 0) { true })
  }
}
