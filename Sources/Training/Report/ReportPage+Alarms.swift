// SPDX-License-Identifier: Apache-2.0
import FHIR
import Networks

extension ReportPage {
  func alarms(_ outcome: Evaluation.Outcome, _ report: OutcomeReport) -> String {
    var rows: [(String, String)] = []
    if let daily = report.alarms.perPatientDay {
      let interval = outcome.intervals["alarmsPerPatientDay"].map {
        " (\(HTML.fixed($0.low, 2)) to \(HTML.fixed($0.high, 2)))"
      }
      rows.append(("Alarms a patient-day", HTML.fixed(daily, 2) + (interval ?? "")))
    }
    rows.append(("Stays with the outcome that are alarmed", share(report.alarms.alarmedWithOutcome)))
    rows.append(("Stays without it that are alarmed", share(report.alarms.alarmedWithoutOutcome)))
    if let needed = report.alarms.neededToEvaluate {
      rows.append(("Alarms to look at for one that is right", HTML.fixed(needed, 1)))
    }
    let body = rows.map { "<tr><td>\(HTML.escaped($0.0))</td><td>\(HTML.escaped($0.1))</td></tr>" }.joined()
    return "<figure><h3>What the alarm asks of the ward</h3><table class=\"facts\"><tbody>\(body)</tbody></table>"
      + "<figcaption class=\"caption\">An alarm that goes on from hour to hour is counted once.</figcaption></figure>"
  }

  func leadTime(_ onsets: OnsetAlarms, _ leads: OnsetAlarms.Leads) -> String {
    let top = Double(leads.histogram.max() ?? 1) * 1.15
    let bounds = OnsetAlarms.Leads.bounds.map { Int($0) }
    let names = zip([0] + bounds, bounds).map { "\($0)\u{2013}\($1) h" }
    var marks: [Plot.Mark] = [
      .columns(
        leads.histogram.enumerated().map { (Double($0) + 0.12, Double($0) + 0.88, Double($1)) }, style: "main")
    ]
    for (index, count) in leads.histogram.enumerated() {
      marks.append(.note(x: Double(index) + 0.12, y: Double(count), "\(HTML.grouped(count))"))
    }
    let plot = Plot(
      "Lead time",
      x: .init(
        label: "Hours from the first alarm to the onset", range: 0...Double(names.count),
        ticks: names.enumerated().map { (Double($0) + 0.5, $1) }),
      y: .init(label: "Stays", range: 0...max(top, 1)), marks)
    let found = leads.histogram.reduce(0, +)
    return Self.figure(
      "Lead time before the onset", plot.svg,
      "Of \(HTML.grouped(onsets.stays)) stays with an onset \(HTML.grouped(found)) "
        + "(\(HTML.percent(onsets.foundShare ?? 0))) had an alarm in the 24 hours before it: the first of them came "
        + "\(HTML.fixed(onsets.medianLeadHours ?? 0, 0)) h before (median; middle half "
        + "\(HTML.fixed(leads.lowerQuartile, 0)) to \(HTML.fixed(leads.upperQuartile, 0)) h)."
        + (onsets.unknownOnsets.map {
          " Of \(HTML.grouped($0)) more the onset is not known: the label is there from the first hour."
        } ?? ""))
  }

  func coverage(_ coverage: Evaluation.Conformal) -> String {
    let rows = [
      ("Target", HTML.percent(coverage.target, 0)), ("Holds the truth, with the outcome", share(coverage.yes)),
      ("Holds the truth, without it", share(coverage.no)),
      ("Sets of one answer alone", HTML.percent(coverage.single)),
    ]
    let body = rows.map { "<tr><td>\(HTML.escaped($0.0))</td><td>\(HTML.escaped($0.1))</td></tr>" }.joined()
    return
      "<figure><h3>Conformal sets</h3><table class=\"facts\"><tbody>\(body)</tbody></table><figcaption class=\"caption\">"
      + "A set holds the answers that the evidence leaves open; with both or none of them the card says that it does not "
      + "settle the question.</figcaption></figure>"
  }

  func hours(_ hours: [Evaluation.Hour]) -> String {
    Self.table(
      "By hour of the stay", "The same networks asked early and late.",
      head: ["Hour", "Stays", "With the outcome", "AUROC", "AUPRC", "Brier"],
      rows: hours.map { hour in
        [
          "\(Int(hour.hour)) h", HTML.grouped(hour.rows), HTML.grouped(hour.positives), optional(hour.auroc),
          optional(hour.auprc), HTML.fixed(hour.brier, 4),
        ]
      })
  }

  func subgroups(_ groups: [Evaluation.Group]) -> String {
    let hasCoverage = groups.contains { $0.conformal != nil }
    var head = ["Group", "Stays", "AUROC", "Predicted", "Observed", "Found", "Right", "Alarmed"]
    if hasCoverage { head += ["Covered with", "Covered without"] }
    head.append("Differs")
    return Self.table(
      "Subgroups",
      "Predicted and observed risk should agree. Covered: the conformal set holds the truth; a tick says that the interval of the coverage holds the target, an unequal sign that it does not.",
      head: head,
      rows: groups.map { group in
        var row = [
          HTML.escaped(Self.name(group.name)), HTML.grouped(group.stays ?? group.rows),
          optional(group.auroc)
            + (group.aurocInterval.map {
              " <span class=\"lead\">(\(HTML.fixed($0.low, 3))\u{2013}\(HTML.fixed($0.high, 3)))</span>"
            } ?? ""), HTML.percent(group.meanProbability), HTML.percent(group.observed),
          group.sensitivity.map { HTML.percent($0, 0) } ?? "\u{2013}",
          group.precision.map { HTML.percent($0, 0) } ?? "\u{2013}",
          group.alarmRate.map { HTML.percent($0) } ?? "\u{2013}",
        ]
        if hasCoverage {
          row.append(covered(group.conformal?.yes, group.conformal?.target))
          row.append(covered(group.conformal?.no, group.conformal?.target))
        }
        let flags = HTML.escaped((group.flags ?? []).joined(separator: "; "))
        row.append(flags.isEmpty ? "<span class=\"ok\">no</span>" : "<span class=\"warn\">\(flags)</span>")
        return row
      })
  }

  private func covered(_ interval: Evaluation.Conformal.Coverage?, _ target: Double?) -> String {
    guard let interval, let target else { return "\u{2013}" }
    let holds = interval.low <= target && target <= interval.high
    return HTML.percent(interval.covered)
      + (holds
        ? " <span class=\"ok\">\u{2713}</span>" : " <span class=\"warn\">\u{2260}</span>")
  }

  private static func name(_ group: String) -> String {
    let names = [
      "sex:female": "Women", "sex:male": "Men", "age:under-50": "Under 50", "age:50-64": "50 to 64",
      "age:65-79": "65 to 79", "age:80-up": "80 and over", "unit:coronary": "Coronary care",
      "unit:cardiac-surgery": "Cardiac surgery", "unit:medical": "Medical ICU", "unit:surgical": "Surgical ICU",
    ]
    return names[group] ?? group
  }

  private func share(_ coverage: Evaluation.Conformal.Coverage?) -> String {
    coverage.map { "\(HTML.percent($0.covered)) (\(HTML.percent($0.low)) to \(HTML.percent($0.high)))" } ?? "\u{2013}"
  }

  private func share(_ interval: BinomialInterval?) -> String {
    interval.map { "\(HTML.percent($0.share)) (\(HTML.percent($0.low)) to \(HTML.percent($0.high)))" } ?? "\u{2013}"
  }

  private func optional(_ value: Double?) -> String { value.map { HTML.fixed($0, 3) } ?? "\u{2013}" }
}
