// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Networks
import Training

extension ReplayPage {
  /// Policies tried on the past; empty where rows are not hours.
  var alarmed: String {
    guard let alarms else { return "" }
    let lead =
      "<p class=\"definition\">What a service would have shown, had it been asked every hour about every patient of this replay "
      + "(\(HTML.fixed(alarms.patientDays, 0)) patient-days): by its own rules, in order of time. What clinicians would have "
      + "done with the cards nobody can say, so none is acknowledged. Found: patients with the outcome who had a card of it in "
      + "time, where it has an onset within the 24 hours before.</p>"
    return "<h2 id=\"alarms\">Other alarms</h2>\(lead)" + policies(alarms)
      + alarms.outcomes.map { section($0) }.joined(separator: "\n")
  }

  private func policies(_ alarms: AlarmCurves) -> String {
    ReportPage.table(
      "Policies for all outcomes together",
      "The ceilings go with the cool-down of 8 h."
        + (alarms.hasUnits ? "" : " The charts name no unit (Encounter.location), so ceilings hold nothing back."),
      head: ["Policy", "Cards", "A patient-day", "Held back, and why"],
      rows: alarms.policies.map { tried in
        let all = tried.trial.outcomes.joined()
        let cards = all.reduce(0) { $0 + $1.cards }
        var held: [AlertSuppression: Int] = [:]
        for outcome in all { held.merge(outcome.heldBack, uniquingKeysWith: +) }
        let reasons = held.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
          .map { "\($0.key.rawValue) \(HTML.grouped($0.value))" }
        return [
          HTML.escaped(tried.name), HTML.grouped(cards),
          HTML.fixed(alarms.patientDays > 0 ? Double(cards) / alarms.patientDays : 0, 2),
          HTML.escaped(reasons.isEmpty ? "none" : reasons.joined(separator: ", ")),
        ]
      })
  }

  private func section(_ outcome: AlarmCurves.Outcome) -> String {
    let title = packages.count > 1 ? "\(outcome.outcome.summary) (\(name(outcome.model)))" : outcome.outcome.summary
    let most = outcome.curves.joined().map(\.result.perPatientDay).max() ?? 1
    let styles = ["main", "other", "quiet"]
    func curve(_ y: (AlarmTrial.Outcome) -> Double?) -> [Plot.Mark] {
      zip(outcome.curves, styles).map { points, style in
        .line(
          points.compactMap { point in y(point.result).map { .init(x: point.result.perPatientDay, y: $0) } },
          style: style)
      }
    }
    let x = Plot.Axis(label: "Cards a patient-day", range: 0...max(most, 0.01))
    let key = "Blue: shown whenever it is due; orange: not again for 8 hours; dashed: not for 24."
    var figures: [String] = []
    if outcome.curves.joined().contains(where: { $0.result.found != nil }) {
      figures.append(
        ReportPage.figure(
          "Found",
          Plot(
            "Found by cards a patient-day", x: x, y: .init(label: "Found", range: 0...1, isPercent: true),
            curve { $0.found?.share }
          ).svg,
          key))
      figures.append(
        ReportPage.figure(
          "Right",
          Plot(
            "Right by cards a patient-day", x: x,
            y: .init(label: "Cards that are right", range: 0...1, isPercent: true), curve { $0.precision?.share }
          ).svg,
          key))
    } else {
      let thresholds: [Plot.Mark] = zip(outcome.curves, styles).map { points, style in
        .line(points.map { .init(x: $0.threshold, y: $0.result.perPatientDay) }, style: style)
      }
      figures.append(
        ReportPage.figure(
          "Cards",
          Plot(
            "Cards a patient-day by threshold", x: .init(label: "Threshold", range: 0...1, isPercent: true),
            y: .init(label: "Cards a patient-day", range: 0...max(most, 0.01)), thresholds
          ).svg,
          key))
    }
    let coolDowns = AlarmCurves.coolDowns.map { $0 == 0 ? "none" : "\(HTML.fixed($0, 0)) h" }
    let rows = zip(coolDowns, outcome.curves).flatMap { hours, points in
      points.enumerated().filter { $0.offset % 3 == 0 || $0.element.threshold == outcome.outcome.alarm }.map {
        _, point in
        [
          HTML.percent(point.threshold) + (point.threshold == outcome.outcome.alarm ? " (alarm)" : ""), hours,
          HTML.fixed(point.result.perPatientDay, 2), share(point.result.found), share(point.result.precision),
          point.result.medianLeadHours.map { "\(HTML.fixed($0, 0)) h" } ?? "\u{2013}",
        ]
      }
    }
    return "<h3 id=\"alarms-\(outcome.model + 1)-\(HTML.escaped(outcome.outcome.head))\">\(HTML.escaped(title))</h3>"
      + "<div class=\"figures\">\(figures.joined())</div>"
      + ReportPage.table(
        "Threshold and cool-down", "Every third of the thresholds tried, and the alarm's own.",
        head: ["Threshold", "Cool-down", "Cards a patient-day", "Found", "Right", "Median lead"], rows: rows)
  }

  private func share(_ interval: BinomialInterval?) -> String {
    interval.map {
      "\(HTML.percent($0.share, 0)) <span class=\"lead\">(\(HTML.fixed(100 * $0.low, 0))\u{2013}\(HTML.fixed(100 * $0.high, 0)))</span>"
    } ?? "\u{2013}"
  }
}
