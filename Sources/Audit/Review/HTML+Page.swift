// SPDX-License-Identifier: Apache-2.0
import FHIR

extension HTML {
  /// How a page lies on A4 paper.
  enum Paper: String {
    case portrait, landscape
  }

  /// A whole page that prints well and loads nothing.
  static func page(title: String, _ body: String) -> String { "\(pageStart(title: title))\n\(body)\n\(pageEnd)" }

  /// A page before what stands on it.
  static func pageStart(title: String, paper: Paper = .portrait) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <style>
    @page { size: A4 \(paper.rawValue); margin: 1.2cm }
    \(style)
    </style></head><body>
    <h1>\(escaped(title))</h1>
    """
  }

  /// A page behind what stands on it.
  static let pageEnd = "</body></html>\n"

  /// Words, heads, times and numbers stay whole and a table is as wide as they need: on a narrow screen it is moved sideways by itself.
  /// What is longer than a word (a digest, an id, a person's text) is broken where it must be, in a cell that keeps some width. On
  /// paper heads are repeated and rows not cut.
  private static let style = """
    :root { color-scheme: light dark; --ink: #111; --page: #fff; --line: #aaa; --head: #eee }
    @media screen and (prefers-color-scheme: dark) { :root { --ink: #ddd; --page: #181818; --line: #555; --head: #2a2a2a } }
    body { background: var(--page); color: var(--ink); font: 10pt/1.45 sans-serif; margin: 1cm auto; padding: 0 1cm; max-width: 34cm }
    h1 { font-size: 16pt } h2 { font-size: 13pt; margin: 1.3em 0 0.4em; border-bottom: 1px solid var(--line) }
    h3 { font-size: 11pt; margin: 0.9em 0 0.3em } h2, h3 { break-after: avoid } p { margin: 0.4em 0 }
    .scroll { overflow-x: auto; margin: 0.4em 0 } table { border-collapse: collapse } caption { text-align: left; padding: 0.2em 0 }
    th, td { border: 1px solid var(--line); padding: 0.15em 0.5em; text-align: left; vertical-align: top }
    th { background: var(--head); white-space: nowrap } .facts th { font-weight: normal }
    .word { white-space: nowrap } .long { overflow-wrap: anywhere; min-width: 14em }
    pre, .mono { font: 9pt/1.4 monospace; white-space: pre-wrap; overflow-wrap: anywhere }
    .card { border: 1px solid var(--line); padding: 0.3em 0.8em; margin: 0.5em 0; overflow-x: auto }
    tr { break-inside: avoid }
    @media (max-width: 40em) { body { padding: 0 0.6em; margin: 0.5em auto } .facts .long { min-width: 9em } .facts th { white-space: normal } }
    @media print { body { margin: 0; padding: 0; max-width: none; font-size: 8.5pt; line-height: 1.3 } .scroll, .card { overflow: visible }
      .wide { font-size: 7pt } .wide th, .wide td { padding: 0.1em 0.25em } .inputs { font-size: 7pt } .inputs td { padding: 0 0.3em }
      .long { min-width: 9em } pre, .mono { font-size: 7.5pt } }
    """
}
