// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ReportPage {
  /// What networks of one site are worth at each other; empty where that was not tried.
  var transfers: String {
    guard let transfers = evaluation.transfers, !transfers.isEmpty else { return "" }
    func cell(_ scores: Scores) -> String {
      let auroc = scores.auroc.map { HTML.fixed($0, 3) } ?? "\u{2013}"
      return scores.utility.map { "\(HTML.fixed($0, 3)) (AUROC \(auroc))" } ?? "AUROC \(auroc)"
    }
    let rows = transfers.flatMap { transfer in
      transfer.outcomes.map { outcome in
        [
          HTML.escaped(title(outcome.head)), HTML.escaped("\(transfer.from) to \(transfer.to)"), cell(outcome.atHome),
          cell(outcome.asItIs), cell(outcome.scaled), cell(outcome.meanOfBoth),
        ]
      }
    }
    return "<h2 id=\"transfers\">At another hospital</h2>"
      + Self.table(
        "Learned at one site, asked at another",
        "Utility where the outcome has one. Threshold and calibration are those of home; scaling takes means and deviations "
          + "from the other site's charts, without labels.",
        head: ["Outcome", "Sites", "At home", "As it is", "Scaled", "Mean of both"], rows: rows)
  }
}
