// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation

/// What callers wait for while the root key is replaced, beside what they wait for otherwise.
struct BenchAuditRootKey {
  /// What the trail is filled with, and what callers go on with.
  var trail: BenchAuditSearch

  private static let callers = 64
  /// Between two calls of a caller: some thousand answers a second in all, ten times what a busy site asks for.
  private static let pause = Duration.milliseconds(50)
  private static let quiet = Duration.seconds(20)

  /// What was measured, by name.
  func figures() async throws -> [(name: String, value: Double, unit: String)] {
    let open = try AuditTrail(directory: trail.folder)
    try await trail.fill(open)
    let before = try await latencies(open, behind: trail.records) { try await Task.sleep(for: Self.quiet) }
    let start = ContinuousClock.now
    let during = try await latencies(open, behind: trail.records + before.count) {
      let time = Instant(Date())
      _ = try await open.replaceRootKey(AuditTrail.Deed(user: "bench", reason: "bench", time: time))
      try await open.finishRootKey(now: { time })
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    let keys = try trail.folder.openForReading().read { try $0.number("SELECT count(*) FROM subject_key") ?? 0 }
    try open.close()
    return [
      ("records", Double(trail.records), ""), ("data keys", Double(keys), ""),
      ("root key replaced in", seconds, "s"),
      ("answers a second meanwhile", Double(during.count) / seconds, "/s"),
      ("before, median", before[before.count / 2], "ms"), ("before, p99", before[before.count * 99 / 100], "ms"),
      ("meanwhile, median", during[during.count / 2], "ms"), ("meanwhile, p99", during[during.count * 99 / 100], "ms"),
      ("p99 meanwhile beside before", during[during.count * 99 / 100] / before[before.count * 99 / 100], "(level 1.1)"),
    ]
  }

  /// Milliseconds that callers waited for while something was done, in ascending order.
  private func latencies(
    _ open: AuditTrail, behind first: Int, while work: () async throws -> Void
  ) async throws -> [Double] {
    var times = try await withThrowingTaskGroup(of: [Double].self) { group in
      for caller in 0..<Self.callers {
        group.addTask {
          var times: [Double] = []
          while !Task.isCancelled {
            let entry = trail.entry(first + times.count * Self.callers + caller)
            let begin = ContinuousClock.now
            _ = try await open.append(entry)
            times.append(begin.duration(to: .now) / .milliseconds(1))
            try? await Task.sleep(for: Self.pause)
          }
          return times
        }
      }
      try await work()
      group.cancelAll()
      return try await group.reduce(into: []) { $0 += $1 }
    }
    times.sort()
    return times
  }
}
