// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR
package import Replay
import Training

/// The report of a replay as one page that needs no network: what was read, how right it was, and what made it.
package struct ReplayPage: Sendable {
  let facts: RunFacts
  let packages: [ModelPackage]
  let summary: ReplaySummary
  let evaluation: ReplayEvaluation?
  let pair: PairedComparison?
  let differences: ModelDifferences
  let drift: [ModelDrift]
  let alarms: AlarmCurves?
  /// Patients who were assessed, and those of them who come in several inputs.
  let patients: (all: Int, repeated: Int)

  /// The page of a replay.
  ///
  /// - Parameters:
  ///   - evaluation: nil without labels.
  ///   - pair: nil for one model alone, and then there are no differences.
  ///   - drift: by model.
  ///   - alarms: nil where rows are not hours.
  ///   - patients: how many were assessed, and how many of them come in several inputs.
  package init(
    _ facts: RunFacts, _ packages: [ModelPackage], _ summary: ReplaySummary, evaluation: ReplayEvaluation?,
    pair: PairedComparison?, differences: ModelDifferences, drift: [ModelDrift],
    alarms: AlarmCurves?, patients: (all: Int, repeated: Int)
  ) {
    self.facts = facts
    self.packages = packages
    self.summary = summary
    self.evaluation = evaluation
    self.pair = pair
    self.differences = differences
    self.drift = drift
    self.alarms = alarms
    self.patients = patients
  }

  /// The HTML document.
  package var html: String {
    let sections = [reading, judgement, paired, drifted, alarmed].filter { !$0.isEmpty }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Replay: \(HTML.escaped(facts.input))</title>
      <style>
      \(ReportPage.style)
      \(Self.style)
      </style></head><body><main>
      <h1>Replay of \(HTML.escaped(facts.input))</h1>
      <p class="lead">\(HTML.grouped(summary.charts)) patients in \(HTML.grouped(summary.documents)) documents,
      \(HTML.grouped(summary.assessments)) assessments (\(HTML.escaped(facts.moments))).</p>
      \(navigation)
      \(sections.joined(separator: "\n"))
      \(provenance)
      <footer><p><strong>This page names patients: keep it as their charts are kept.</strong> Intervals in brackets are 95 %: by bootstrap over patients for scores, by Wilson's method for shares, by the
      sandwich for slope and intercept. Research software; no evidence of clinical benefit.</p></footer>
      </main></body></html>

      """
  }

  /// Words and digests are broken where they are longer than a phone is wide.
  private static let style = """
    code { overflow-wrap: anywhere; font-size: .86em; } dl.made { margin: 0; } dl.made dt { color: var(--quiet); font-size: .86rem; }
    dl.made dd { margin: 0 0 .6rem; } details { border-top: 1px solid var(--edge); padding: .5rem 1.1rem; }
    main > h3 { margin: 2rem 0 .6rem; } .figures > figure:only-child { max-width: 34rem; } details summary { cursor: pointer; } .problems { font-size: .86rem; } h2 { scroll-margin-top: 1rem; }
    .read td { white-space: normal; text-align: left; } .read td:first-child { width: 40%; min-width: 8rem; }
    .words th, .words td { text-align: left; } .words td:nth-child(3) { white-space: normal; }
    .figures + details { margin-top: 1rem; } details[open] > .table { margin-bottom: .6rem; }
    @media screen and (max-width: 30rem) { .table:not(.read) td:last-child { min-width: 12rem; } svg { font-size: 13px; } }
    @media print { main > h3 { margin: 1rem 0 .4rem; } h2#made { break-before: auto; margin-top: 1.5rem; }
      .table details { display: inline-block; width: 100%; } dl.made dd { margin-bottom: .25rem; } footer { margin-top: 1rem; } }
    """

  private var navigation: String {
    var links = [("read", "What was read")]
    for (index, found) in (evaluation?.evaluations ?? []).enumerated() where !found.outcomes.isEmpty {
      links.append((anchor(index), name(index)))
    }
    if pair != nil { links.append(("pair", "Both models")) }
    if !drift.isEmpty { links.append(("drift", "Drift")) }
    if alarms != nil { links.append(("alarms", "Other alarms")) }
    links.append(("made", "What made it"))
    return "<nav aria-label=\"Sections\">"
      + links.map { "<a href=\"#\(HTML.escaped($0.0))\">\(HTML.escaped($0.1))</a>" }.joined(separator: " ") + "</nav>"
  }

  /// A model by id and version.
  func name(_ model: Int) -> String { "\(packages[model].manifest.id) \(packages[model].manifest.version)" }

  private func anchor(_ model: Int) -> String { "model-\(model + 1)" }

  private var reading: String {
    func row(_ title: String, _ tally: Tally) -> [String] {
      let words = tally.ranked.prefix(12).map { "\(HTML.escaped($0.name)) \(HTML.grouped($0.count))" }
      return [title, words.isEmpty ? "none" : words.joined(separator: ", ")]
    }
    var rows = [
      row("Refused", summary.refused), row("Noted in charts", summary.issues),
      ["Patients without any moment to assess at", HTML.grouped(summary.withoutMoment)],
    ]
    if patients.repeated > 0 {
      let title = "Patients in several inputs, by their ids: one patient each in every interval"
      rows.append([title, HTML.grouped(patients.repeated)])
    }
    for (id, model) in summary.models.sorted(by: { $0.key < $1.key }) {
      rows.append(["\(HTML.escaped(id)): values used", HTML.grouped(model.used)])
      rows.append(row("\(HTML.escaped(id)): values not used", model.ignored))
    }
    let body = rows.map { "<tr><td>\($0[0])</td><td class=\"flags\">\($0[1])</td></tr>" }.joined()
    let problems = summary.problems.map { "<li><code>\(HTML.escaped("\($0.file): \($0.error)"))</code></li>" }
    let outcomes = summary.models.sorted { $0.key < $1.key }.flatMap { id, model in
      model.outcomes.sorted { $0.key < $1.key }.map { head, outcome in
        let total = outcome.assessed.total + outcome.withoutAssessment
        let reasons = outcome.notAssessed.ranked.prefix(3).map { "\($0.name) \(HTML.grouped($0.count))" }
        return [
          HTML.escaped("\(id): \(head)"), HTML.grouped(outcome.assessed.total),
          HTML.percent(Double(outcome.withoutAssessment) / Double(max(total, 1))),
          HTML.grouped(outcome.assessed.count(of: "high")), HTML.escaped(reasons.joined(separator: ", ")),
        ]
      }
    }
    return """
      <h2 id="read" class="first">What was read, and what was said</h2>
      <div class="table read"><h3>Read</h3><table><tbody>\(body)</tbody></table></div>
      \(problems.isEmpty ? "" : "<ul class=\"problems\">\(problems.joined())</ul>")
      \(ReportPage.table(
        "Said", "Assessments; high is the band of the alarm. Of one not assessed several reasons may hold.",
        head: ["Outcome", "Assessed", "Not assessed", "High", "Most frequent reasons not to"], rows: outcomes))
      """
  }

  private var judgement: String {
    guard let evaluation else { return "" }
    return evaluation.evaluations.enumerated().map { index, found in
      let manifest = packages[index].manifest
      let page = ReportPage(
        manifest, digest: packages[index].digest, evaluation: found, isOfMoments: evaluation.isOfMoments)
      let unjudged = evaluation.unjudged[index].filter { $0.labelled > 0 }.map {
        "\($0.head) \(HTML.grouped($0.labelled)) (\(HTML.grouped($0.positives)) positive)"
      }
      let silent =
        unjudged.isEmpty
        ? ""
        : "<p class=\"definition\">Known what happened but not assessed, and in no score: "
          + "\(HTML.escaped(unjudged.joined(separator: ", "))).</p>"
      guard !found.outcomes.isEmpty else { return silent }
      return "<h2 id=\"\(anchor(index))\">\(HTML.escaped("\(manifest.title) (\(name(index)))"))</h2>\(silent)"
        + found.outcomes.map { page.section($0, isFirst: true, anchor: "\(anchor(index))-\($0.head)") }
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private var provenance: String {
    var items = [("Command", "<code>\(HTML.escaped(facts.command))</code>")]
    items.append(
      ("Source", facts.commit.map { "commit <code>\(HTML.escaped($0))</code>" } ?? "no working copy of the source"))
    items.append(("Program, SHA-256", "<code>\(HTML.escaped(facts.program))</code>"))
    for (index, package) in packages.enumerated() {
      items.append(("Model \(HTML.escaped(name(index))), digest", "<code>\(HTML.escaped(package.digest))</code>"))
    }
    items.append(("Models, terminology and services, digest", "<code>\(HTML.escaped(facts.configuration))</code>"))
    items.append(("Labels", HTML.escaped(facts.labels ?? "none")))
    return "<h2 id=\"made\">What made this report</h2><dl class=\"made\">"
      + items.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined() + "</dl>"
  }
}
