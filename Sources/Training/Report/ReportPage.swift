// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR

/// An evaluation as one page that needs no network: numbers, plots as inline SVG, tables, and how to read them.
package struct ReportPage: Sendable {
  let manifest: ModelManifest
  let digest: String?
  let evaluation: Evaluation
  let isOfMoments: Bool

  /// The page of an evaluation of a model.
  ///
  /// - Parameters:
  ///   - digest: the package's digest; nil when it is being written.
  ///   - isOfMoments: whether the rows are moments of which a stay has several, but not each hour.
  package init(_ manifest: ModelManifest, digest: String?, evaluation: Evaluation, isOfMoments: Bool = false) {
    self.isOfMoments = isOfMoments
    self.manifest = manifest
    self.digest = digest
    self.evaluation = evaluation
  }

  /// The HTML document.
  package var html: String {
    let outcomes = evaluation.outcomes.enumerated().map { section($1, isFirst: $0 == 0) }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped("\(manifest.id) \(manifest.version): evaluation"))</title>
      <style>
      \(Self.style)
      </style></head><body><main>
      <h1>\(HTML.escaped(manifest.title))</h1>
      <p class="lead">Evaluation of <strong>\(HTML.escaped("\(manifest.id) \(manifest.version)"))</strong> on
      \(HTML.escaped(evaluation.dataSet)): \(HTML.grouped(evaluation.stays)) stays, \(evaluation.members) networks.
      \(HTML.escaped(evaluation.method))</p>
      <p class="lead">\(HTML.escaped(manifest.intendedUse))</p>
      \(navigation)
      \(outcomes.joined(separator: "\n"))
      \(survival)
      \(transfers)
      <footer><p>Intervals in brackets are 95 %: by bootstrap over patients for scores, by Wilson's method for shares. A
      subgroup is shown from 200 stays on. Research software; no evidence of clinical benefit.</p>
      <p>\(digest.map { "Package digest <code>\(HTML.escaped(String($0.prefix(16))))</code>." } ?? "")</p></footer>
      </main></body></html>

      """
  }

  private var navigation: String {
    guard evaluation.outcomes.count > 1 else { return "" }
    let links = evaluation.outcomes.map { "<a href=\"#\(HTML.escaped($0.head))\">\(HTML.escaped(title($0.head)))</a>" }
    return "<nav aria-label=\"Outcomes\">\(links.joined(separator: " "))</nav>"
  }

  func title(_ head: String) -> String { manifest.outcomes.first { $0.head == head }?.summary ?? head }

  private var survival: String {
    guard let survival = evaluation.survival else { return "" }
    func tile(_ name: String, _ value: Double?, _ note: String) -> String {
      Self.tile(name, value.map { HTML.fixed($0, 3) } ?? "\u{2013}", note)
    }
    return """
      <h2 id="survival">Survival to \(Int(survival.horizonDays)) days</h2>
      <p class="definition">The curve on the card, over \(HTML.grouped(survival.stays)) stays. No recorded death counts as
      alive at the end.</p>
      <div class="tiles">\(tile("Concordance (Harrell)", survival.concordance, "0.5 is chance, 1 perfect"))
      \(tile("Integrated Brier score", survival.integratedBrier, "lower is better"))</div>
      """
  }

  /// A number that stands out.
  package static func tile(_ name: String, _ value: String, _ note: String) -> String {
    "<div class=\"tile\"><div class=\"name\">\(HTML.escaped(name))</div><div class=\"value\">\(HTML.escaped(value))</div>"
      + "<div class=\"interval\">\(HTML.escaped(note))</div></div>"
  }

  /// A table whose first column names its rows.
  package static func table(_ title: String, _ caption: String, head: [String], rows: [[String]]) -> String {
    let header = head.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + row.enumerated().map { $0 == 0 ? "<td>\($1)</td>" : "<td>\($1)</td>" }.joined() + "</tr>"
    }
    return """
      <div class="table\(rows.count > 12 ? " long" : "")"><h3>\(HTML.escaped(title))</h3><p class="caption">\(HTML.escaped(caption))</p>
      <table><thead><tr>\(header)</tr></thead><tbody>\(body.joined())</tbody></table></div>
      """
  }
}
