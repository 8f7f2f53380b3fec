// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation

/// What searches in a large trail take while a writer goes on.
struct BenchAuditSearch {
  /// Records to fill the trail with, none with a payload.
  var records: Int
  /// Where the trail is made.
  var folder: DataDirectory

  private static let writers = 64
  private static let searchesOfAKind = 30
  private static let page = 20

  /// What was measured, by name.
  func figures() async throws -> [(name: String, value: Double, unit: String)] {
    let trail = try AuditTrail(directory: folder)
    let start = ContinuousClock.now
    try await fill(trail)
    let filled = start.duration(to: .now) / .seconds(1)
    var figures: [(name: String, value: Double, unit: String)] = [
      ("records a second without payload", Double(records) / filled, "/s")
    ]
    // As much as a busy site writes, again and again.
    let writing = Task {
      var number = records
      while !Task.isCancelled {
        let first = number
        try await withThrowingTaskGroup(of: Void.self) { group in
          for writer in 0..<8 { group.addTask { _ = try await trail.append(entry(first + writer)) } }
          try await group.waitForAll()
        }
        number += 8
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    var all: [Double] = []
    for (name, search) in Self.kinds {
      let times = try await Task.detached { try measure(search) }.value
      all += times
      figures.append(("\(name), median", times[times.count / 2], "ms"))
      figures.append(("\(name), p95", times[times.count * 95 / 100], "ms"))
    }
    writing.cancel()
    _ = await writing.result
    all.sort()
    figures.append(("all searches, median", all[all.count / 2], "ms"))
    figures.append(("all searches, p95", all[all.count * 95 / 100], "ms (level 200)"))
    let size = try FileManager.default.attributesOfItem(atPath: folder.trail)[.size] as? Int ?? 0
    figures.append(("bytes a record", Double(size) / Double(records), ""))
    figures += try await Task.detached { try recall() }.value
    try trail.close()
    return figures
  }

  /// What everything about one version of a model takes, all records held against the checkpoint.
  private func recall() throws -> [(name: String, value: Double, unit: String)] {
    let reader = try AuditReader(directory: folder)
    let log = try folder.loadLogKey()
    let start = ContinuousClock.now
    let report = try reader.report(
      .recall,
      Self.criterion {
        $0.model = "icu-prognosis"
        $0.version = Self.versions[1]
      }, log: log, at: Instant(Date())
    ) { _ in
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    return [
      ("recall of a model, rows", Double(report.rowCount), ""), ("recall of a model", seconds, "s"),
      ("recall of a model among a million records", seconds * 1e6 / Double(records), "s (level 10)"),
    ]
  }

  /// Milliseconds for a first page and for the one after it, in ascending order.
  private func measure(_ search: (Int) -> AuditReader.Search) throws -> [Double] {
    let reader = try AuditReader(directory: folder)
    var times: [Double] = []
    for turn in 0..<Self.searchesOfAKind {
      // A record from anywhere says what is looked for.
      var wanted = search(Int(truncatingIfNeeded: UInt(turn + 1) &* 0x9E37_79B9_7F4A_7C15 % UInt(records)))
      var start = ContinuousClock.now
      let first = try reader.find(wanted, limit: Self.page)
      times.append(start.duration(to: .now) / .milliseconds(1))
      guard first.count == Self.page else { continue }
      wanted.filter.before = first.last?.sequence
      start = .now
      _ = try reader.find(wanted, limit: Self.page)
      times.append(start.duration(to: .now) / .milliseconds(1))
    }
    return times.sorted()
  }

  /// Appends all records.
  func fill(_ trail: AuditTrail) async throws {
    let share = max(1, (records + Self.writers - 1) / Self.writers)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<Self.writers {
        group.addTask {
          // Side by side in time, as they would come.
          for turn in 0..<share where turn * Self.writers + writer < records {
            _ = try await trail.append(entry(turn * Self.writers + writer))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - What is in the trail

  private static let clients = ["ehr-north", "ehr-south", "ehr-east"]
  private static let versions = ["1.0.0", "1.1.0", "2.0.0", "2.1.0"]

  private func version(_ number: Int) -> String {
    Self.versions[min(number * Self.versions.count / records, Self.versions.count - 1)]
  }

  private static func patient(_ number: Int) -> [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: (number / 20) >> (8 * ($0 % 8)) ^ ($0 / 8)) }
  }

  private static func instance(_ number: Int) -> String {
    let mixed = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    return String(format: "%08x-0000-4000-8000-%012x", UInt32(truncatingIfNeeded: mixed >> 32), number)
  }

  /// 1 in 100 a reading by one of 50 persons, 1 in 200 a refusal, 1 in 50 a feedback, 1 in 10 of the answers unstated for one of
  /// three reasons, 1 in 7 held back.
  func entry(_ number: Int) -> AuditEntry {
    var entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000 + Int64(number) * 50), kind: .answer)
    entry.client = Self.clients[number % 3]
    if number % 100 == 1 {
      entry.kind = .read
      entry.origin = "person-\(number / 100 % 50)"
      entry.note = "show"
      entry.patient = Self.patient(number)
      return entry
    }
    entry.service = number % 4 == 0 ? "order-sign-risk" : "patient-risk"
    if number % 200 == 2 {
      entry.kind = .rejection
      entry.origin = "10.0.\(number / 200 % 250).1"
      entry.status = 400
      entry.reason = "FHR00\(number / 200 % 9 + 1)"
      return entry
    }
    entry.hook = "patient-view"
    entry.hookInstance = Self.instance(number)
    entry.patient = Self.patient(number)
    entry.status = 200
    entry.duration = 5_000
    entry.unit = "Location/\(number / 20 % 40)"
    entry.configuration = [UInt8](repeating: 7, count: 32)
    entry.models = ["icu-diagnosis", "icu-prognosis"].map {
      AuditEntry.Model(id: $0, version: version(number), digest: [UInt8](repeating: 1, count: 32))
    }
    let key = (0..<16).map { UInt8(truncatingIfNeeded: (number / 3) >> (8 * ($0 % 8)) ^ ($0 / 8)) }
    var card = AuditEntry.Card(key: key, model: "icu-prognosis", outcome: "death", indicator: "warning")
    if number % 50 == 3 {
      entry.kind = .feedback
      entry.outcome = number % 3 == 0 ? "accepted" : "overridden"
      entry.reason = number % 3 == 0 ? nil : "urn:reasons|code-\(number / 50 % 29)"
    } else if number % 10 == 5 {
      entry.abstentions = [
        .init(
          model: "icu-diagnosis", code: ["too-young", "needed-signal-missing", "out-of-distribution"][number / 10 % 3],
          outcomes: ["sepsis"])
      ]
    } else if number % 7 == 0 {
      card.heldBack = number % 2 == 0 ? "cool-down" : "acknowledged"
    }
    entry.cards = [card]
    return entry
  }

  // MARK: - What is looked for

  private static func criterion(_ change: (inout AuditReader.Search) -> Void) -> AuditReader.Search {
    var search = AuditReader.Search()
    change(&search)
    return search
  }

  private static let kinds: [(name: String, search: @Sendable (Int) -> AuditReader.Search)] = [
    ("newest", { _ in AuditReader.Search() }),
    ("patient", { number in criterion { $0.filter.patient = patient(number) } }),
    (
      "unknown patient",
      { number in criterion { $0.filter.patient = [UInt8](repeating: UInt8(number % 251), count: 32) } }
    ),
    ("hook instance", { number in criterion { $0.filter.hookInstance = instance(number) } }),
    ("person", { number in criterion { $0.origin = "person-\(number % 50)" } }),
    ("client", { number in criterion { $0.client = clients[number % 3] } }),
    ("service", { number in criterion { $0.filter.service = number % 2 == 0 ? "patient-risk" : "order-sign-risk" } }),
    (
      "model and version",
      { number in
        criterion {
          $0.model = "icu-prognosis"
          $0.version = versions[number % 4]
        }
      }
    ),
    ("outcome", { number in criterion { $0.outcome = ["death", "accepted", "sepsis"][number % 3] } }),
    ("reason", { number in criterion { $0.reason = "urn:reasons|code-\(number % 29)" } }),
    ("held back", { _ in criterion { $0.isHeldBack = true } }),
    ("abstained", { _ in criterion { $0.abstention = "out-of-distribution" } }),
    (
      "error",
      { number in
        criterion {
          $0.filter.service = "patient-risk"; $0.isError = true; $0.reason = "FHR00\(number % 9 + 1)"
        }
      }
    ),
    (
      "hour of the past",
      { number in
        criterion {
          $0.filter.since = Instant(milliseconds: 1_700_000_000_000 + Int64(number) * 50)
          $0.until = Instant(milliseconds: 1_700_000_000_000 + Int64(number) * 50 + 3_600_000)
          $0.isHeldBack = true
        }
      }
    ),
    (
      "old version of a client, unstated",
      { number in
        criterion {
          $0.version = "1.0.0"
          $0.client = clients[number % 3]
          $0.abstention = "too-young"
        }
      }
    ),
    (
      "what never came together",
      { _ in
        criterion {
          $0.filter.kind = .read
          $0.isHeldBack = true
        }
      }
    ),
  ]
}
