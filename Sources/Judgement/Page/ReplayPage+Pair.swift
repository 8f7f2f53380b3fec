// SPDX-License-Identifier: Apache-2.0
import FHIR
import FoundationEssentials
import Networks
import Training

extension ReplayPage {
  /// Two models on the same patients; empty with one.
  var paired: String {
    guard let pair, packages.count == 2 else { return "" }
    let lead =
      "<p class=\"definition\">The same patients and moments, asked of both. Differences are "
      + "\(HTML.escaped(name(1))) less \(HTML.escaped(name(0))); their intervals come from 1,000 bootstrap samples of "
      + "patients.</p>"
    return "<h2 id=\"pair\">\(HTML.escaped("\(name(0)) and \(name(1))"))</h2>\(lead)"
      + pair.outcomes.map(section).joined(separator: "\n") + farthest
  }

  private func section(_ outcome: PairedComparison.Outcome) -> String {
    var rows = [
      ["Rows of which both say something", HTML.grouped(outcome.rows), "\(HTML.grouped(outcome.patients)) patients"],
      ["Only one of them says something", HTML.grouped(outcome.onlyFirst), HTML.grouped(outcome.onlySecond)],
      ["Mean distance of the probabilities", HTML.percent(outcome.meanDistance), ""],
      ["Alarms begun", HTML.grouped(outcome.begun.first), HTML.grouped(outcome.begun.second)],
      ["Rows alarmed by one alone", HTML.grouped(outcome.alarms.onlyFirst), HTML.grouped(outcome.alarms.onlySecond)],
      ["Rows alarmed by both", HTML.grouped(outcome.alarms.both), ""],
    ].map { ["<td>\($0[0])</td>", "<td>\($0[1])</td>", "<td>\($0[2])</td>"].joined() }
    rows = rows.map { "<tr>\($0)</tr>" }
    let scatter = Plot(
      "Probabilities of both models", x: .init(label: name(0), range: 0...1, isPercent: true),
      y: .init(label: name(1), range: 0...1, isPercent: true),
      [
        .line([.init(x: 0, y: 0), .init(x: 1, y: 1)], style: "quiet"),
        .dots(outcome.points.map { ($0.x, $0.y, $0.y, $0.y) }, style: "main"),
      ])
    let table =
      "<figure><h3>Said and alarmed</h3><table class=\"facts\"><thead><tr><th></th><th>\(HTML.escaped(name(0)))</th>"
      + "<th>\(HTML.escaped(name(1)))</th></tr></thead><tbody>\(rows.joined())</tbody></table></figure>"
    let bands = ReportPage.table(
      "From band to band", "Rows by the band of \(name(0)) (down) and of \(name(1)) (across).",
      head: [""] + outcome.bands.map { $0.capitalized },
      rows: zip(outcome.bands, outcome.reclassified).map { band, row in
        [band.capitalized] + row.map(HTML.grouped)
      })
    return "<h3 id=\"pair-\(HTML.escaped(outcome.head))\">\(HTML.escaped(outcome.summary))</h3><div class=\"figures\">"
      + ReportPage.figure("Row by row", scatter.svg, "On the dashed line both say the same.") + table + "</div>" + bands
      + contested(outcome) + (outcome.judged.map(judged) ?? "")
  }

  private func contested(_ outcome: PairedComparison.Outcome) -> String {
    guard outcome.labelledDifferently > 0 else { return "" }
    let count = HTML.grouped(outcome.labelledDifferently)
    return
      "<p class=\"notice\">The two models define this outcome differently: \(count) of \(HTML.grouped(outcome.rows)) rows "
      + "have it by one definition and not by the other. Which model is right more often "
      + "cannot be said of them; <code>--labels FILE</code> judges both by one definition.</p>"
  }

  private func judged(_ found: PairedComparison.Judged) -> String {
    func row(_ title: String, _ change: PairedComparison.Change?) -> [String]? {
      guard let change else { return nil }
      let interval = change.interval.map { "\(HTML.fixed($0.low, 4)) to \(HTML.fixed($0.high, 4))" } ?? "\u{2013}"
      return [
        title, change.first.map { HTML.fixed($0, 4) } ?? "\u{2013}",
        change.second.map { HTML.fixed($0, 4) } ?? "\u{2013}",
        HTML.fixed(change.difference, 4), interval,
      ]
    }
    var rows = [
      row("AUROC", found.auroc), row("AUPRC", found.auprc), row("Brier score", found.brier),
      row("Net reclassification by the alarm, with the outcome", found.reclassifiedEvents),
      row("Net reclassification by the alarm, without it", found.reclassifiedOthers),
      row("Net reclassification of any size, with the outcome", found.netEvents),
      row("Net reclassification of any size, without it", found.netOthers),
      row("Integrated discrimination improvement", found.discrimination),
    ].compactMap(\.self)
    if let deLong = found.deLong {
      rows.append([
        "AUROC, by DeLong", "", "", HTML.fixed(deLong.difference, 4),
        "\(HTML.fixed(deLong.interval.lowerBound, 4)) to \(HTML.fixed(deLong.interval.upperBound, 4))",
      ])
    }
    return ReportPage.table(
      "Which is right more often",
      "\(HTML.grouped(found.rows)) rows, \(HTML.grouped(found.positives)) with the outcome."
        + (found.deLong == nil
          ? " DeLong's interval takes rows for independent; where patients have several rows there is the bootstrap's alone."
          : ""),
      head: ["Number", name(0), name(1), "Difference", "95 %"], rows: rows)
  }

  private var farthest: String {
    guard !differences.farthest.isEmpty else { return "" }
    let rows = differences.farthest.enumerated().map { index, found in
      [
        "<a href=\"#differs-\(index + 1)\">\(HTML.escaped(found.patient))</a>", HTML.escaped(found.outcome),
        HTML.escaped(Instant(milliseconds: found.at).description), HTML.percent(found.first.probability),
        HTML.percent(found.second.probability),
      ]
    }
    let details = differences.farthest.enumerated().map { index, found in
      "<details id=\"differs-\(index + 1)\" open><summary>\(HTML.escaped("\(found.patient), \(found.outcome)")): "
        + "\(HTML.percent(found.first.probability)) and \(HTML.percent(found.second.probability))</summary>"
        + "<p class=\"caption\">\(HTML.escaped(found.input))\(found.hour.map { ", hour \(HTML.fixed($0, 1))" } ?? "")</p>"
        + "<div class=\"figures\">\(reasons(found.first, name(0)))\(reasons(found.second, name(1)))</div></details>"
    }
    return ReportPage.table(
      "Patients on whom they differ most",
      "At the moment and about the outcome of the greatest difference; a name leads to why.",
      head: ["Patient", "Outcome", "At", name(0), name(1)], rows: rows)
      + "<div class=\"table long\"><h3>Why</h3>\(details.joined())</div>"
  }

  private func reasons(_ said: ModelDifference.Said, _ title: String) -> String {
    let rows = said.reasons.map { reason in
      "<tr><td>\(HTML.escaped(reason.title))</td><td>\(HTML.escaped(reason.value ?? "not measured"))</td>"
        + "<td>\(reason.contribution > 0 ? "+" : "")\(HTML.fixed(reason.contribution, 2))</td></tr>"
    }
    let typical = said.typical.map { " A patient charted alike with typical values: \(HTML.percent($0))." } ?? ""
    return "<figure><h3>\(HTML.escaped(title)): \(HTML.percent(said.probability)) (\(HTML.escaped(said.band)))</h3>"
      + "<table class=\"facts\"><tbody>\(rows.joined())</tbody></table><figcaption class=\"caption\">What moved it most, in "
      + "log-odds.\(typical)</figcaption></figure>"
  }
}
