// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Foundation
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// Reading the trail at length has threads of its own, and no more of it waits than somebody would wait for.
@Suite struct ReadingQueueTests {
  /// Fills both threads until `gate` lets them go.
  private func fill(_ queue: ReadingQueue, _ gate: DispatchSemaphore) async -> [Task<Void, any Error>] {
    var tasks: [Task<Void, any Error>] = []
    for number in 1...(2 * ReadingQueue.mostOnThread) {
      tasks.append(
        Task {
          try await queue.run {
            gate.wait()
            gate.signal()
          }
        })
      while queue.count < number { await Task.yield() }
    }
    return tasks
  }

  @Test func whatIsTooMuchIsRefusedAtOnce() async throws {
    let queue = ReadingQueue()
    let gate = DispatchSemaphore(value: 0)
    let tasks = await fill(queue, gate)
    await #expect(throws: CDSHooksError(.overloaded)) { try await queue.run {} }
    gate.signal()
    for task in tasks { try await task.value }
    #expect(queue.count == 0)
    #expect(try await queue.run { 7 } == 7)
    await #expect(throws: CocoaError.self) { try await queue.run { throw CocoaError(.fileReadUnknown) } }
    #expect(queue.count == 0)
  }

  /// An auditor who has to wait too long is told when to come again; clinicians are answered meanwhile.
  @Test func anAuditorIsToldToComeAgain() async throws {
    let tested = try ServiceUnderTest()
    let gate = DispatchSemaphore(value: 0)
    let tasks = await fill(tested.service.reading, gate)
    let refused = try await tested.send(.get, "/fhir/AuditEvent")
    #expect(refused.status == .serviceUnavailable && refused.headers[.retryAfter] == "5")
    #expect(String(buffer: refused.body).contains("CDS033"))
    #expect(try await tested.send(.get, "/cds-services").status == .ok)
    gate.signal()
    for task in tasks { try await task.value }
    #expect(try await tested.send(.get, "/fhir/AuditEvent").status == .ok)
  }
}
