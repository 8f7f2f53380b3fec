// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import FHIR

/// `vigil feedback report`: how many cards were shown, accepted and set aside, and why.
struct FeedbackReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Count what became of the cards, by model, outcome and reason.",
    discussion: """
      Example: vigil feedback report --data var --since 2026-03-01T00:00:00Z

      A card counts once, however often it was shown; of several feedbacks about it the last one counts.

      Works beside a running service, and is itself a record. Exit codes: 0 done, 64 wrong usage, 73 the trail cannot be read.
      """)

  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Only records made at or after this moment, such as 2026-03-01T00:00:00Z.") var since: Instant?
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "As JSON.") var json = false

  func run() async throws {
    let report: FeedbackReport
    do {
      let directory = DataDirectory(path: data)
      report = try FeedbackReport(try AuditReader(directory: directory), since: since)
      try await ReadRecord.append("feedback report", user: user, in: directory)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if json { return print(report.json.text(pretty: true), terminator: "") }
    if report.rows.isEmpty { return print("No card was shown and none was told of.") }
    for row in report.rows {
      print("\(row.model ?? "unknown cards")\(row.outcome.map { ", \($0)" } ?? "")")
      let told = row.accepted + row.overridden
      print("  shown       \(row.cards) cards, \(row.showings) times")
      for (reason, count) in row.heldBack { print("  held back   \(count) × \(reason)") }
      print("  accepted    \(row.accepted)\(Self.share(row.accepted, told))")
      print("  set aside   \(row.overridden)\(Self.share(row.overridden, told))")
      for (reason, count) in row.reasons {
        // It came from a client: shown as data.
        print("    \(count) × \(reason.map(VisibleText.of) ?? "no reason of the list")")
      }
    }
  }

  private static func share(_ part: Int, _ whole: Int) -> String {
    whole == 0 ? "" : " (\((part * 200 + whole) / (whole * 2)) %)"
  }
}
