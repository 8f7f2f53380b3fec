// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A search for the best setting as one page that needs no network.
package struct SearchPage: Sendable {
  private let report: SearchReport

  package init(_ report: SearchReport) {
    self.report = report
  }

  /// The HTML document.
  package var html: String {
    let score = report.score.rawValue.uppercased()
    let best = report.settings.map(\.mean).max() ?? 0
    let chosen = report.settings.first { $0.number == report.chosen }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped("\(report.title): \(report.settings.count) settings"))</title>
      <style>
      \(ReportPage.style)
      </style></head><body><main>
      <h1>\(HTML.escaped(report.title))</h1>
      <p class="lead">\(report.settings.count) settings were tried by \(report.trials.count) trainings on
      \(HTML.grouped(report.stays)) stays in \(report.folds) folds, seed \(report.seed). They are compared by the \(score) of
      \(HTML.escaped(report.outcome)).</p>
      <div class="tiles">
      \(ReportPage.tile("The procedure", HTML.fixed(report.procedureMean, 4), "on stays without part in the choice"))
      \(ReportPage.tile("The chosen setting", HTML.fixed(chosen?.mean ?? 0, 4), "number \(report.chosen)"))
      \(ReportPage.tile("The best setting", HTML.fixed(best, 4), "chosen also by luck"))
      \(ReportPage.tile("The configuration as it was", HTML.fixed(report.settings[0].mean, 4), "number 1"))
      </div>
      <p class="lead">For every fold the choice was made again from the other folds alone and judged on that one: the mean is
      the score of the procedure, and the one to expect. Of settings that are not worse than the best by more than one
      standard error over the folds the smallest is chosen.</p>
      \(settings(score))
      \(choices(score))
      <footer><p>Every training is in the JSON report. Research software; no evidence of clinical benefit.</p></footer>
      </main></body></html>

      """
  }

  private func settings(_ score: String) -> String {
    let folds = (1...report.folds).map { "Fold \($0)" }
    return ReportPage.table(
      "Settings", "Each on every fold by networks that saw none of it; the best first.",
      head: ["Setting", "Units", "Mean \(score)"] + folds,
      rows: report.settings.sorted { ($1.mean, $0.number) < ($0.mean, $1.number) }.map { setting in
        let name = HTML.escaped("\(setting.number): \(setting.text)")
        return [
          "<span class=\"setting\">\(setting.number == report.chosen ? "<strong>\(name)</strong>, chosen" : name)</span>",
          HTML.grouped(setting.units), HTML.fixed(setting.mean, 4),
        ] + setting.scores.map { HTML.fixed($0, 4) }
      })
  }

  private func choices(_ score: String) -> String {
    ReportPage.table(
      "The procedure", "What was chosen without a fold, and how it fared on it.",
      head: ["Fold", "Chosen setting", score],
      rows: report.procedure.map { ["\($0.fold)", "\($0.setting)", HTML.fixed($0.score, 4)] })
  }
}
