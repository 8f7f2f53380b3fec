// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Networks
import Training

extension ReplayPage {
  /// What has moved, month by month.
  var drifted: String {
    guard !drift.isEmpty else { return "" }
    let lead =
      "<p class=\"definition\">Months of admission to intensive care. Features and probabilities are held against the model's "
      + "training at the same hours of the stay (probabilities against the other months where nothing is known of what happened), "
      + "units and abstentions against the median month, predicted against observed risk. A finding is larger than \(HTML.fixed(StabilityIndex.limit, 1)) (stability index) or "
      + "\(HTML.percent(DriftTest.leastShare, 0)) of rows and would come by chance in one of a hundred months, all of a "
      + "model's tests together.</p>"
    return "<h2 id=\"drift\">Drift</h2>\(lead)"
      + drift.indices.map { section($0, drift[$0]) }.joined(separator: "\n")
  }

  private func section(_ model: Int, _ drift: ModelDrift) -> String {
    let features = drift.features
    let unjudged = features.months.filter { !$0.isJudged }
    var notice = ""
    if !unjudged.isEmpty {
      let reasons = unjudged.map { month in
        "\(month.month) ("
          + (month.covered < FeatureDrift.leastCovered
            ? "\(HTML.percent(month.covered, 0)) of the training's hours"
            : "\(HTML.fixed(month.effectiveRows, 0)) independent rows") + ")"
      }
      notice =
        "<p class=\"notice\">Features not judged, too little to compare: \(HTML.escaped(reasons.prefix(24).joined(separator: ", ")))"
        + "\(reasons.count > 24 ? " and \(reasons.count - 24) more" : ""). With <code>--at each-hour</code> every hour of a stay is there.</p>"
    }
    let findings = drift.findings
    let told = Dictionary(grouping: findings) { [$0.kind.rawValue, $0.name] }.sorted {
      ($0.value[0].month, -$0.value.count, $0.key[0], $0.key[1])
        < ($1.value[0].month, -$1.value.count, $1.key[0], $1.key[1])
    }.map(\.value)
    func table(_ found: some Sequence<[DriftFinding]>, _ title: String) -> String {
      "<div class=\"words\">"
        + ReportPage.table(
          title, "Each with the months in which it was found, and the month of them in which it is largest.",
          head: ["Months", "What", "Of", "Size", "In words"], rows: found.map(row)) + "</div>"
    }
    var found =
      findings.isEmpty
      ? "<p class=\"ok\">Nothing has moved.</p>"
      : table(told.prefix(20), "Found: \(HTML.grouped(told.count))")
    if told.count > 20 {
      found += "<details><summary>The other \(told.count - 20)</summary>\(table(told.dropFirst(20), "More"))</details>"
    }
    return "<h3 id=\"drift-\(model + 1)\">\(HTML.escaped(name(model)))</h3>\(notice)\(found)"
      + "<div class=\"figures\">\(([indices(model, features)] + outcomes(model, drift.outputs)).joined())</div>"
      + driftTables(drift)
  }

  /// One thing that has moved, in the order of months.
  private func row(_ found: [DriftFinding]) -> [String] {
    let largest = found.max { abs($0.size) < abs($1.size) } ?? found[0]
    let months =
      found.count == 1 ? found[0].month : "\(found[0].month) to \(found[found.count - 1].month) (\(found.count) months)"
    return [
      HTML.escaped(months), largest.kind.rawValue, HTML.escaped(largest.title), HTML.fixed(largest.size, 2),
      HTML.escaped(found.count == 1 ? largest.text : "\(largest.text) (\(largest.month))"),
    ]
  }

  private func axis(_ months: [String]) -> Plot.Axis {
    let step = max(1, (months.count + 4) / 5)
    let last = Double(max(months.count - 1, 1))
    return .init(
      label: "Month", range: -0.5...(last + 0.5),
      ticks: stride(from: 0, to: months.count, by: step).map { (Double($0), months[$0]) })
  }

  private func indices(_ model: Int, _ drift: FeatureDrift) -> String {
    let judged = drift.months.filter(\.isJudged)
    guard !judged.isEmpty else { return "" }
    let dots = judged.enumerated().flatMap { place, month in
      month.indices.compactMap { $0 }.map(\.value).sorted(by: >).prefix(40).map { (Double(place), $0, $0, $0) }
    }
    let top = max(0.3, (dots.map(\.1).max() ?? 0) * 1.1)
    let plot = Plot(
      "Stability of features", x: axis(judged.map(\.month)),
      y: .init(label: "Stability index", range: 0...top),
      [
        .level(StabilityIndex.limit, style: "quiet"),
        .dots(dots.map { (x: $0.0, y: $0.1, low: $0.2, high: $0.3) }, style: "main"),
      ])
    return ReportPage.figure(
      "Features", plot.svg,
      "The 40 features of each month that lie farthest from the training; the dashed line is the least that is found. In small "
        + "months chance alone goes above it.")
  }

  private func outcomes(_ model: Int, _ drift: OutputDrift) -> [String] {
    let heads = packages[model].predictors.map(\.outcome)
    return heads.compactMap { outcome in
      let months = drift.months.filter { $0.outcome == outcome.head }
      guard months.count > 1 else { return nil }
      let said = months.enumerated().compactMap { place, month in
        month.meanProbability.map { OutcomeReport.Point(x: Double(place), y: $0) }
      }
      let seen = months.enumerated().compactMap { place, month in
        month.observed.map { (x: Double(place), y: $0.share, low: $0.low, high: $0.high) }
      }
      let top = max(0.02, ((said.map(\.y) + seen.map(\.high)).max() ?? 1) * 1.1)
      let plot = Plot(
        "\(outcome.summary) by month", x: axis(months.map(\.month)),
        y: .init(label: "Probability", range: 0...min(top, 1), isPercent: true),
        [.line(said, style: "other"), .dots(seen, style: "main")])
      let silent = months.suffix(Self.mostMonths).map { HTML.percent($0.abstained, 0) }.joined(separator: ", ")
      let which = months.count > Self.mostMonths ? "in the last \(Self.mostMonths) months" : "month by month"
      return ReportPage.figure(
        outcome.summary, plot.svg,
        "The line is the mean probability\(seen.isEmpty ? "" : ", dots what was observed with its interval"). Not stated, \(which): \(silent)."
      )
    }
  }
}
