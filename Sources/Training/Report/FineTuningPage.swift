// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR

/// What a fine-tuning changed as one page that needs no network.
package struct FineTuningPage: Sendable {
  private let report: FineTuningReport
  private let manifest: ModelManifest
  private let before: ReportPage
  private let after: ReportPage

  /// The page of a fine-tuning.
  ///
  /// - Parameters:
  ///   - manifest: of the new package.
  ///   - before: the parent on the local stays.
  ///   - after: the new package's cross-validation.
  package init(_ report: FineTuningReport, manifest: ModelManifest, before: Evaluation, after: Evaluation) {
    self.report = report
    self.manifest = manifest
    self.before = ReportPage(manifest, digest: nil, evaluation: before)
    self.after = ReportPage(manifest, digest: nil, evaluation: after)
  }

  /// The HTML document.
  package var html: String {
    let parent = report.parent
    let what =
      parent.fitted == FineTuning.Scope.calibration.rawValue
      ? "Calibration, alarm and conformal sets were fitted; the networks are the parent's."
      : "The networks' last layers were trained further, then calibration, alarm and conformal sets fitted."
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped("\(report.id) \(report.version): what fine-tuning changed"))</title>
      <style>
      \(ReportPage.style)
      </style></head><body><main>
      <h1>\(HTML.escaped(manifest.title))</h1>
      <p class="lead"><strong>\(HTML.escaped("\(report.id) \(report.version)"))</strong> began with
      \(HTML.escaped("\(parent.id) \(parent.version)")) and was fitted to \(HTML.grouped(report.stays)) stays of
      \(HTML.escaped(after.evaluation.dataSet)). \(what)</p>
      <p class="lead">Before: the parent as it is, on these stays. After: cross-validation over them in \(report.folds)
      folds; nothing judges itself. A fitted package that is no better than its parent should not replace it.</p>
      \(report.outcomes.enumerated().map { section($1, isFirst: $0 == 0) }.joined(separator: "\n"))
      <footer><p>Numbers in brackets are 95 % intervals: by bootstrap over patients for scores, by Wilson's method for shares,
      by the sandwich for slope and intercept. Parent's digest <code>\(HTML.escaped(parent.digest))</code>.</p></footer>
      </main></body></html>

      """
  }

  private func section(_ outcome: FineTuningReport.Outcome, isFirst: Bool) -> String {
    var parts = [
      "<h2 id=\"\(HTML.escaped(outcome.head))\"\(isFirst ? " class=\"first\"" : "")>"
        + "\(HTML.escaped(before.title(outcome.head)))</h2>"
    ]
    if outcome.before == nil { parts.append("<p class=\"notice\">The local stays say nothing of it.</p>") }
    if outcome.before != nil, outcome.after == nil {
      parts.append("<p class=\"notice\">Too few stays with it or without: it stays as the parent has it.</p>")
    }
    parts.append(
      ReportPage.table(
        "What changed", "The same stays, before and after.", head: ["Number", "Before", "After"],
        rows: outcome.changes.map { [HTML.escaped($0.name), Self.text($0.before), Self.text($0.after)] }))
    let figures = [
      outcome.before?.report.map { before.calibration($0, title: "Calibration before") },
      outcome.after?.report.map { after.calibration($0, title: "Calibration after") },
    ].compactMap(\.self)
    if !figures.isEmpty { parts.append("<div class=\"figures\">\(figures.joined())</div>") }
    return parts.joined(separator: "\n")
  }

  private static func text(_ number: FineTuningReport.Number?) -> String {
    guard let number else { return "\u{2013}" }
    let interval = number.interval.map {
      " <span class=\"lead\">(\(HTML.fixed($0.lowerBound, 3)) to \(HTML.fixed($0.upperBound, 3)))</span>"
    }
    return HTML.fixed(number.value, 3) + (interval ?? "")
  }
}
