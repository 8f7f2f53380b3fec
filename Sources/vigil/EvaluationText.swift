// SPDX-License-Identifier: Apache-2.0
import Foundation
import Training

/// The scores of an evaluation as a table for the terminal.
struct EvaluationText {
  let evaluation: Evaluation

  init(_ evaluation: Evaluation) {
    self.evaluation = evaluation
  }

  /// The text, without a last line end.
  var text: String {
    var rows = [
      [
        "outcome", "rows", "positive", "AUROC", "AUPRC", "Brier", "ECE", "alarm se", "ppv", "Score1", "utility",
        "alarms/day", "found", "lead h",
      ]
    ]
    for outcome in evaluation.outcomes {
      rows.append(row(outcome.head, outcome.scores, outcome.onsets))
      for site in outcome.bySite ?? [] {
        rows.append(row("  \(site.dataSet) \(site.site)", site.scores, site.onsets))
      }
      for hour in outcome.byHour where outcome.byHour.count > 1 {
        rows.append(
          ["  hour \(Int(hour.hour))", "\(hour.rows)", "\(hour.positives)"]
            + [hour.auroc, hour.auprc, hour.brier].map(number))
      }
    }
    var lines = [
      evaluation.folds.map {
        "Cross-validated on \(evaluation.stays) stays in \($0) folds, \(evaluation.members) networks:"
      } ?? "\(evaluation.stays) stays, \(evaluation.members) networks:"
    ]
    let widths = rows[0].indices.map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    for row in rows {
      let cells = row.enumerated().map { column, text in
        let blanks = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + blanks : blanks + text
      }
      lines.append("  " + cells.joined(separator: "  "))
    }
    if let survival = evaluation.survival {
      lines.append(
        "  survival to \(Int(survival.horizonDays)) days: C-index \(number(survival.concordance)), "
          + "integrated Brier \(number(survival.integratedBrier))")
    }
    for transfer in evaluation.transfers ?? [] {
      lines.append("  from \(transfer.from) to \(transfer.to), with the threshold of \(transfer.from):")
      for outcome in transfer.outcomes {
        let cases = [
          ("at home", outcome.atHome), ("as it is", outcome.asItIs), ("scaled", outcome.scaled),
          ("mean of both", outcome.meanOfBoth),
        ]
        let texts = cases.map { name, scores in
          "\(name) AUROC \(number(scores.auroc))" + (scores.utility.map { " utility \(number($0))" } ?? "")
        }
        lines.append("    \(outcome.head): " + texts.joined(separator: ", "))
      }
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ scores: Scores, _ onsets: OnsetAlarms?) -> [String] {
    let numbers = [
      scores.auroc, scores.auprc, scores.brier, scores.ece, scores.sensitivity, scores.precision, scores.score1,
      scores.utility, scores.alarmsPerPatientDay, onsets?.foundShare, onsets?.medianLeadHours,
    ]
    return [name, "\(scores.rows)", "\(scores.positives)"] + numbers.map(number)
  }

  private func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }
}
