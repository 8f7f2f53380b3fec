// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Networks

extension ReportPage {
  /// Groups of fewer stays are not shown.
  private static let fewest = 200

  /// The part of the page about one outcome.
  ///
  /// - Parameter anchor: its id on the page; nil: the head's name.
  package func section(_ outcome: Evaluation.Outcome, isFirst: Bool, anchor: String? = nil) -> String {
    let known = manifest.outcomes.first { $0.head == outcome.head }
    let report = outcome.report
    var parts = [
      "<h2 id=\"\(HTML.escaped(anchor ?? outcome.head))\"\(isFirst ? " class=\"first\"" : "")>\(HTML.escaped(title(outcome.head)))</h2>",
      "<p class=\"definition\">\(HTML.escaped(known?.definition ?? ""))</p>",
      "<div class=\"tiles\">\(tiles(outcome))</div>",
    ]
    if let report {
      parts.append("<div class=\"figures\">\(figures(outcome, report, alarm: known?.alarm).joined())</div>")
    }
    let groups = outcome.groups.filter { $0.stays ?? $0.rows >= Self.fewest }
    if !groups.isEmpty { parts.append(subgroups(groups)) }
    if outcome.byHour.count > 1 { parts.append(hours(outcome.byHour)) }
    return parts.joined(separator: "\n")
  }

  private func tiles(_ outcome: Evaluation.Outcome) -> String {
    let scores = outcome.scores
    let isHourly = scores.alarmsPerPatientDay != nil
    func tile(_ name: String, _ key: String, _ value: Double?, _ decimals: Int = 3, share: Bool = false) -> String? {
      guard let value else { return nil }
      func text(_ number: Double) -> String { share ? HTML.percent(number) : HTML.fixed(number, decimals) }
      let interval = outcome.intervals[key].map { "\(text($0.low)) to \(text($0.high))" } ?? ""
      return Self.tile(name, text(value), interval)
    }
    let prevalence = Double(scores.positives) / Double(max(scores.rows, 1))
    return [
      Self.tile(
        "\(isHourly ? "Hours" : isOfMoments ? "Moments" : "Stays") with the outcome", HTML.grouped(scores.positives),
        "of \(HTML.grouped(scores.rows)) (\(HTML.percent(prevalence)))"),
      tile("AUROC", "auroc", scores.auroc), tile("AUPRC", "auprc", scores.auprc),
      tile("Brier score", "brier", scores.brier, 4), tile("Calibration error", "ece", scores.ece, 4),
      tile("Found by the alarm", "sensitivity", scores.sensitivity, share: true),
      tile("Alarms that are right", "precision", scores.precision, share: true),
      tile("Score1 (2012)", "score1", scores.score1), tile("Utility (2019)", "utility", scores.utility),
      tile("Alarms a patient-day", "alarmsPerPatientDay", scores.alarmsPerPatientDay, 2),
    ].compactMap(\.self).joined()
  }

  private func figures(_ outcome: Evaluation.Outcome, _ report: OutcomeReport, alarm: Double?) -> [String] {
    var figures = [roc(outcome, report), precisionRecall(outcome, report), calibration(report)]
    figures.append(decision(report, alarm: alarm))
    let facts = [alarms(outcome, report), outcome.conformal.map { coverage($0) }].compactMap(\.self)
    guard let onsets = outcome.onsets, let leads = onsets.leads else { return figures + facts }
    // The tables are half as high as a plot: one above the other beside it.
    figures.append("<div class=\"stack\">\(facts.joined())</div>")
    figures.append(leadTime(onsets, leads))
    return figures
  }

  /// A plot with its heading and how to read it.
  package static func figure(_ title: String, _ content: String, _ caption: String) -> String {
    "<figure><h3>\(HTML.escaped(title))</h3>\(content)<figcaption class=\"caption\">\(HTML.escaped(caption))</figcaption></figure>"
  }

  private static let share = 0.0...1.0

  private func roc(_ outcome: Evaluation.Outcome, _ report: OutcomeReport) -> String {
    var marks: [Plot.Mark] = [
      .line([.init(x: 0, y: 0), .init(x: 1, y: 1)], style: "quiet"), .line(report.roc, style: "main"),
    ]
    if let found = outcome.scores.sensitivity, let spared = outcome.scores.specificity {
      marks.append(.dots([(1 - spared, found, found, found)], style: "other"))
      marks.append(.note(x: 1 - spared, y: found - 0.07, "alarm"))
    }
    let plot = Plot(
      "Receiver operating characteristic",
      x: .init(label: "False alarms among those without", range: Self.share, isPercent: true),
      y: .init(label: "Found among those with", range: Self.share, isPercent: true), marks)
    return Self.figure(
      "Ranking (ROC)", plot.svg,
      "How many with the outcome are found for each share of needless alarms; the dashed line is chance, the dot the alarm."
    )
  }

  private func precisionRecall(_ outcome: Evaluation.Outcome, _ report: OutcomeReport) -> String {
    let prevalence = Double(outcome.scores.positives) / Double(max(outcome.scores.rows, 1))
    var marks: [Plot.Mark] = [.level(prevalence, style: "quiet"), .line(report.precisionRecall, style: "main")]
    if let found = outcome.scores.sensitivity, let right = outcome.scores.precision {
      marks.append(.dots([(found, right, right, right)], style: "other"))
      marks.append(.note(x: found, y: right, "alarm"))
    }
    // The first few points of a curve are chance: they may reach 1 and would flatten all others.
    let settled = report.precisionRecall.filter { $0.x > 0.02 }.map(\.y).max() ?? 1
    let top = min(1, max(0.1, (max(settled, outcome.scores.precision ?? 0) * 11).rounded(.up) / 10))
    let plot = Plot(
      "Precision and recall", x: .init(label: "Found among those with (recall)", range: Self.share, isPercent: true),
      y: .init(label: "Alarms that are right (precision)", range: 0...top, isPercent: true), marks)
    return Self.figure(
      "Precision and recall", plot.svg,
      "What share of alarms is right when so many are found; the dashed line is the share among all rows.")
  }

  func calibration(_ report: OutcomeReport, title: String = "Calibration") -> String {
    let top = report.calibration.flatMap { [$0.meanProbability, $0.observed.high] }.max() ?? 1
    let reach = min(1, (top * 21).rounded(.up) / 20)
    let plot = Plot(
      "Calibration", x: .init(label: "Predicted", range: 0...reach, isPercent: true),
      y: .init(label: "Observed", range: 0...reach, isPercent: true),
      [
        .line([.init(x: 0, y: 0), .init(x: reach, y: reach)], style: "quiet"),
        .dots(
          report.calibration.map { ($0.meanProbability, $0.observed.share, $0.observed.low, $0.observed.high) },
          style: "main"),
      ])
    var caption = "Each dot is a group of rows of about equal predicted risk, with the interval of what was observed."
    if let line = report.calibrationLine {
      caption += " Slope \(estimate(line.slope)), intercept \(estimate(line.intercept)); 1 and 0 are perfect."
    }
    return Self.figure(title, plot.svg, caption)
  }

  private func estimate(_ value: CalibrationLine.Estimate) -> String {
    "\(HTML.fixed(value.value, 2)) (\(HTML.fixed(value.low, 2)) to \(HTML.fixed(value.high, 2)))"
  }

  private func decision(_ report: OutcomeReport, alarm: Double?) -> String {
    let points = report.decisionCurve.points
    // Where nobody has the outcome every action costs.
    let top = max(0, points.map { max($0.model, $0.all) }.max() ?? 1)
    let most = points.last?.threshold ?? 1
    var marks: [Plot.Mark] = [
      .level(0, style: "quiet"),
      .line(points.filter { $0.all > -0.25 * top }.map { .init(x: $0.threshold, y: $0.all) }, style: "other"),
      .line(points.map { .init(x: $0.threshold, y: $0.model) }, style: "main"),
    ]
    if let alarm, alarm < most, let near = points.min(by: { abs($0.threshold - alarm) < abs($1.threshold - alarm) }) {
      marks.append(.dots([(alarm, near.model, near.model, near.model)], style: "other"))
      marks.append(.note(x: alarm, y: near.model, "alarm"))
    }
    let plot = Plot(
      "Decision curve", x: .init(label: "Risk from which one acts", range: 0...most, isPercent: true),
      y: .init(label: "Net benefit", range: (-0.25 * top)...max(top * 1.08, 1e-6)), marks)
    return Self.figure(
      "Decision curve", plot.svg,
      "What acting on the model (blue) earns beside acting on everybody (orange) and on nobody (dashed), when a missed case weighs as the chosen risk says."
    )
  }
}
