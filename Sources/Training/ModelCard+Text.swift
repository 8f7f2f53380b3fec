// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ModelCard {
  /// The card as Markdown.
  package var markdown: String {
    var lines = ["# \(title)", "", "\(model) \(version), \(publisher).", ""]
    var group = ""
    for attribute in attributes {
      if attribute.group != group {
        group = attribute.group
        lines += ["## \(group)", ""]
      }
      lines += ["**\(attribute.title).** \(attribute.text)", ""]
    }
    lines += ["## Training data", ""]
    for data in trainingData { lines += ["* \(data.name), \(data.licence). \(data.citation) <\(data.url)>"] }
    lines += ["", "## Assumptions", ""] + assumptions.map { "* \($0)" }
    lines += ["", "## TRIPOD+AI", "", "| Item | Title | Text | Evidence |", "| --- | --- | --- | --- |"]
    for item in tripod {
      let cells = [item.number, item.title, item.text, item.evidence.joined(separator: ", ")]
      lines.append("| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The card for a terminal.
  package var plainText: String {
    var lines = [title, "\(model) \(version), \(publisher)"]
    var group = ""
    for attribute in attributes {
      if attribute.group != group {
        group = attribute.group
        lines += ["", group.uppercased()]
      }
      lines.append("  \(attribute.title): \(attribute.text)")
    }
    lines += ["", "TRAINING DATA"] + trainingData.map { "  \($0.name), \($0.licence). \($0.citation)" }
    lines += ["", "ASSUMPTIONS"] + assumptions.map { "  \($0)" }
    lines += ["", "TRIPOD+AI"]
    lines += tripod.map { "  \($0.number) \($0.title): \($0.text) [\($0.evidence.joined(separator: ", "))]" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The card as a page that needs no network.
  package var html: String {
    var parts: [String] = []
    var group = ""
    for attribute in attributes {
      if attribute.group != group {
        if !group.isEmpty { parts.append("</dl>") }
        group = attribute.group
        parts.append("<h2\(parts.isEmpty ? " class=\"first\"" : "")>\(HTML.escaped(group))</h2><dl>")
      }
      parts.append("<dt>\(HTML.escaped(attribute.title))</dt><dd>\(HTML.escaped(attribute.text))</dd>")
    }
    let data = trainingData.map {
      "<li>\(HTML.escaped("\($0.name), \($0.licence). \($0.citation)")) "
        + "<a href=\"\(HTML.escaped($0.url))\">\(HTML.escaped($0.url))</a></li>"
    }
    let items = ReportPage.table(
      "TRIPOD+AI", "The 27 items of Collins et al., BMJ 2024;385:e078378.",
      head: ["Item", "Title", "Text", "Evidence"],
      rows: tripod.map { item in
        [item.number, item.title, item.text, item.evidence.joined(separator: ", ")].map { HTML.escaped($0) }
      })
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped("\(model) \(version): model card"))</title>
      <style>
      \(ReportPage.style)
      dt { font-weight: 600; margin-top: .9rem; } dd { margin: .1rem 0 0; max-width: 46rem; }
      table td { white-space: normal; text-align: left; vertical-align: top; } thead th { text-align: left; }
      h2 { break-before: auto !important; }
      </style></head><body><main>
      <h1>\(HTML.escaped(title))</h1><p class="lead">Model card of \(HTML.escaped("\(model) \(version), \(publisher)"))</p>
      \(parts.joined(separator: "\n"))</dl>
      <h2>Training data</h2><ul>\(data.joined())</ul>
      <h2>Assumptions</h2><ul>\(assumptions.map { "<li>\(HTML.escaped($0))</li>" }.joined())</ul>
      \(items)
      </main></body></html>

      """
  }
}
