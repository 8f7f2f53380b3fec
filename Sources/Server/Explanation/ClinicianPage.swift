// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR

/// A page for a clinician's browser: phone or desktop, light or dark, on paper, and with a policy that lets nothing be loaded or run.
struct ClinicianPage {
  /// HTML already.
  let title: String
  let body: String

  /// Nothing is loaded, run, framed or sent from the page (W3C Content Security Policy Level 3).
  static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark"><title>\(title)</title>
    <style>
    \(Self.style)
    </style></head><body><main>
    \(body)
    </main></body></html>

    """
  }

  private static let style = """
    :root { --text: #1a1a1a; --soft: #595959; --page: #fff; --line: #ccc; --box: #f4f4f4; --raise: #a3320b; --lower: #1c5d99;
      --link: #0b57d0 }
    @media (prefers-color-scheme: dark) { :root { --text: #eee; --soft: #b0b0b0; --page: #161616; --line: #444; --box: #222;
      --raise: #ff9d76; --lower: #8cc4ff; --link: #a8c7fa } }
    body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: var(--text); background: var(--page) }
    main { max-width: 60rem; margin: 0 auto; padding: 1rem }
    h1 { font-size: 1.5rem; line-height: 1.25; margin: .25rem 0 } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem }
    p, ul { margin: .5rem 0 } ul { padding-left: 1.25rem } a { color: var(--link) }
    .indicator { display: inline-block; margin: 0; padding: 0 .6rem; border: 2px solid currentColor; border-radius: 1rem;
      font-weight: 600 } .warning, .critical { color: var(--raise) } .info { color: var(--lower) }
    section { border-top: 1px solid var(--line) } .small, figcaption { color: var(--soft); font-size: .875rem }
    table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
      border-bottom: 1px solid var(--line); overflow-wrap: anywhere } th { color: var(--soft); font-weight: 600; font-size: .875rem }
    td { min-width: 4rem } figure { margin: .75rem 0 } svg { display: block; width: 100%; overflow: visible }
    .track { fill: var(--box); stroke: var(--line) } .raises { fill: var(--raise) } .lowers { fill: var(--lower) }
    .up { color: var(--raise) } .down { color: var(--lower) } .mark { stroke: var(--text); stroke-width: 2 }
    .between { fill: var(--soft); opacity: .45 } .point { fill: var(--text) } .effect { white-space: nowrap }
    .effect svg { width: 6.25rem }
    @media (max-width: 40rem) { thead { display: none } tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) }
      td { display: flex; gap: .75rem; border: 0; padding: .1rem 0 } td::before { content: attr(data-title); flex: 0 0 6.5rem;
      color: var(--soft); font-size: .875rem } }
    @media print { :root { --text: #000; --soft: #333; --page: #fff; --line: #999; --box: #eee; --raise: #000; --lower: #000 }
      main { max-width: none; padding: 0 } section, tr { break-inside: avoid } body { font-size: 10pt } }
    """
}

/// A probability from 0 to 100 % with the interval of the networks, and where the typical patient stands.
struct ProbabilityBar {
  let probability: Double
  let low: Double
  let high: Double
  let typical: Double?

  var html: String {
    let mark =
      typical.map { Self.x($0) }.map { "<line class=\"mark\" x1=\"\($0)\" x2=\"\($0)\" y1=\"2\" y2=\"22\"/>" } ?? ""
    let words = HTML.escaped(
      """
      \(DecimalText.percent(probability)), networks agree within \(DecimalText.percent(low)) to \(DecimalText.percent(high))\
      \(typical.map { "; line: typical values, \(DecimalText.percent($0))" } ?? "")
      """)
    return """
      <figure><svg viewBox="0 0 1000 24" height="24" preserveAspectRatio="none" role="img" aria-label="\(words)">
      <rect class="track" x="0" y="6" width="1000" height="12"/>
      <rect class="between" x="\(Self.x(low))" y="6" width="\(Self.text(max(2, 1000 * (high - low))))" height="12"/>
      <rect class="point" x="\(Self.text(max(0, 1000 * probability - 4)))" y="1" width="8" height="22"/>\(mark)</svg>
      <figcaption>0 to 100 %: \(words).</figcaption></figure>
      """
  }

  private static func x(_ probability: Double) -> String { text(1000 * probability) }

  private static func text(_ value: Double) -> String { DecimalText.fixed(value, decimals: 1) }
}

/// What a signal does to the odds: in words, as a factor and as a bar.
struct EffectBar {
  /// Of the log-odds.
  let contribution: Double
  /// The greatest of all that are shown.
  let most: Double

  var html: String {
    let isRaising = contribution > 0
    let width = most > 0 ? 100 * abs(contribution) / most : 0
    return """
      <span class="effect"><b class="\(isRaising ? "up" : "down")">\(isRaising ? "↑ raises" : "↓ lowers")</b>, odds \
      \(DecimalText.factor(factor))<svg viewBox="0 0 100 6" width="100" height="6" aria-hidden="true"><rect \
      class="\(isRaising ? "raises" : "lowers")" width="\(DecimalText.fixed(width, decimals: 1))" height="6"/></svg></span>
      """
  }

  private var factor: Double { DecimalText.oddsFactor(contribution) }
}
