// SPDX-License-Identifier: Apache-2.0
import Replay

/// A replay's counts as a person reads them.
struct SummaryText {
  let summary: ReplaySummary

  init(_ summary: ReplaySummary) {
    self.summary = summary
  }

  /// The text, without a last line end.
  var text: String {
    var lines = [
      "\(summary.charts) patients in \(summary.documents) documents (\(summary.bytes / 1_000_000) MB), "
        + "\(summary.assessments) assessments",
      line("refused", summary.refused), line("noted in charts", summary.issues),
    ]
    lines += summary.problems.map { "  \($0.file): \($0.error)" }
    if summary.withoutMoment > 0 { lines.append("\(summary.withoutMoment) patients without any moment to assess at") }
    for (id, model) in summary.models.sorted(by: { $0.key < $1.key }) {
      lines.append("\(id): \(model.used) values used")
      lines.append(line("  values ignored", model.ignored))
      for (head, outcome) in model.outcomes.sorted(by: { $0.key < $1.key }) {
        lines.append("  \(head): \(outcome.assessed.total) assessed, \(outcome.withoutAssessment) not")
        lines.append(line("    bands", outcome.assessed))
        lines.append(line("    reasons not to (one assessment may have several)", outcome.notAssessed))
      }
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ title: String, _ tally: Tally) -> String {
    let parts = tally.ranked.map { "\($0.name) \($0.count)" }
    return "\(title): \(parts.isEmpty ? "none" : parts.joined(separator: ", "))"
  }
}
