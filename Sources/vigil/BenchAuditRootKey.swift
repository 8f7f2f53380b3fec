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
    // On both sides, as a machine gets slower and faster by itself.
    var beside = try await latencies(open, behind: trail.records) { try await Task.sleep(for: Self.quiet) }
    let start = ContinuousClock.now
    var replaced = 0
    var meanwhile = try await latencies(open, behind: trail.records + beside.count) {
      let time = Instant(Date())
      // Long enough for callers to be counted.
      repeat {
        _ = try await open.replaceRootKey(AuditTrail.Deed(user: "bench", reason: "bench", time: time))
        try await open.finishRootKey(now: { time })
        replaced += 1
      } while start.duration(to: .now) < Self.quiet
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    beside += try await latencies(open, behind: trail.records + beside.count + meanwhile.count) {
      try await Task.sleep(for: Self.quiet)
    }
    let keys = try trail.folder.openForReading().read { try $0.number("SELECT count(*) FROM subject_key") ?? 0 }
    try open.close()
    beside.sort()
    meanwhile.sort()
    func place(_ thousandth: Int, _ times: [Double]) -> Double { times[times.count * thousandth / 1000] }
    return [
      ("records", Double(trail.records), ""), ("data keys", Double(keys), ""),
      ("root keys replaced", Double(replaced), ""), ("root key replaced in", seconds / Double(replaced), "s"),
      ("answers a second otherwise", Double(beside.count) / (2 * (Self.quiet / .seconds(1))), "/s"),
      ("answers a second meanwhile", Double(meanwhile.count) / seconds, "/s"),
      ("otherwise, median", place(500, beside), "ms"), ("otherwise, p99", place(990, beside), "ms"),
      ("otherwise, p99.9", place(999, beside), "ms"), ("meanwhile, median", place(500, meanwhile), "ms"),
      ("meanwhile, p99", place(990, meanwhile), "ms"), ("meanwhile, p99.9", place(999, meanwhile), "ms"),
      ("p99 meanwhile beside otherwise", place(990, meanwhile) / place(990, beside), "(level 1.1)"),
    ]
  }

  /// Milliseconds that callers waited for while something was done.
  private func latencies(
    _ open: AuditTrail, behind first: Int, while work: () async throws -> Void
  ) async throws -> [Double] {
    try await withThrowingTaskGroup(of: [Double].self) { group in
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
  }
}
