// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Training

/// What a fine-tuning changed, as tables for the terminal.
struct FineTuningText {
  let report: FineTuningReport

  init(_ report: FineTuningReport) {
    self.report = report
  }

  /// The text, without a last line end.
  var text: String {
    let parent = report.parent
    var lines = [
      "\(report.id) \(report.version), from \(parent.id) \(parent.version) by \(parent.fitted), \(report.stays) stays, "
        + "\(report.folds) folds:"
    ]
    for outcome in report.outcomes {
      guard outcome.before != nil else {
        lines.append("\n  \(outcome.head): not in these data, as the parent has it")
        continue
      }
      lines.append("\n  \(padded(outcome.head, 44))\(padded("before", 28))after")
      for change in outcome.changes {
        lines.append("    \(padded(change.name, 42))\(padded(text(change.before), 28))\(text(change.after))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func text(_ number: FineTuningReport.Number?) -> String {
    guard let number else { return "-" }
    let interval = number.interval.map { String(format: " (%.3f to %.3f)", $0.lowerBound, $0.upperBound) }
    return String(format: "%.4f", number.value) + (interval ?? "")
  }
}
