// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Features

/// Why one card says what it says, on one page for the clinician it was shown to: what to do next, how sure it is, what moved it,
/// what is missing and what that could change.
///
/// It is made of the answer's record alone. No model is called, so the page says what was known and said when the card was shown,
/// whatever has been charted or activated since.
struct ExplanationPage {
  /// The answer's record.
  let record: AuditRecord
  /// The card as it was sent.
  let card: Node
  /// What the model said of the card's outcome, and of everything else.
  let finding: Node
  let model: Node
  /// The patient as the client knows him.
  let patient: String
  private let detail: CardMarkdown

  /// The page of a card of an answer.
  ///
  /// - Parameters:
  ///   - key: the card's in the record.
  ///   - pseudonym: makes it of a card's uuid.
  /// - Returns: nil where what the answer was made of is gone, or holds no such card.
  init?(_ record: AuditRecord, card key: [UInt8], pseudonym: (_ uuid: String) -> [UInt8]) {
    guard let payload = record.entry.payload, let said = record.entry.cards.first(where: { $0.key == key }),
      let outputs = try? Document(payload.outputs, syntax: .json).root,
      let response = try? Document(payload.response, syntax: .json).root,
      let request = try? Document(payload.request, syntax: .json).root,
      let card = response.elements("cards").first(where: { $0["uuid"]?.string.map(pseudonym) == key }),
      let model = outputs.elements("models").first(where: { $0["model"]?.string == said.model }),
      let finding = model.elements("findings").first(where: { $0["outcome"]?.string == said.outcome })
    else { return nil }
    self.record = record
    self.card = card
    self.finding = finding
    self.model = model
    patient = request["context"]?["patientId"]?.string ?? ""
    detail = CardMarkdown(card["detail"]?.string ?? "")
  }

  /// The page.
  var html: String {
    let sections = [
      section("What to do next", next), section("How sure it is", certainty), section("What moved it", drivers),
      section("What is not known", gaps), section("More", rest), section("Where it comes from", origin),
    ]
    return ClinicianPage(title: text(card["summary"]), body: ([head] + sections).joined(separator: "\n")).html
  }

  private func section(_ title: String, _ body: String) -> String {
    body.isEmpty ? "" : "<section><h2>\(title)</h2>\n\(body)</section>"
  }

  private func text(_ node: Node?) -> String { HTML.escaped(node?.text ?? "") }

  private func number(_ node: Node?) -> Double? { node?.text.flatMap { Double($0) } }

  // MARK: Head

  private var head: String {
    let indicator = text(card["indicator"])
    let asked = (record.entry.instant?.description).map { Self.minutes($0) } ?? ""
    return """
      <header><p class="indicator \(indicator)">\(indicator)</p>
      <h1>\(text(card["summary"]))</h1>
      <p>Patient <b>\(HTML.escaped(patient))</b>, asked at \(asked). What has been charted since is not in it.</p></header>
      """
  }

  // MARK: What to do next

  private var isRecommended: (String) -> Bool {
    let title = finding["recommendation"]?.string.flatMap {
      $0.split(separator: "#", maxSplits: 1).last.map(String.init)
    }
    let lead = title.map { "**\(Markdown(escaping: $0).text)**" }
    return { block in lead.map(block.hasPrefix) ?? false }
  }

  private var next: String {
    var html = ""
    var wasRecommendation = false
    for block in detail.blocks {
      let isOption = wasRecommendation && block.hasPrefix("- ")
      let isShown =
        isOption || isRecommended(block) || block.hasPrefix("**In this session**")
        || block.hasPrefix("**Ordered already**")
      if isShown { html += CardMarkdown.html(block) }
      wasRecommendation = isRecommended(block)
    }
    let drafts = card.elements("suggestions").map { "<li>\(text($0["label"]))</li>" }
    if !drafts.isEmpty { html += "<p>Offered on the card:</p><ul>\(drafts.joined())</ul>" }
    return html
  }

  // MARK: How sure it is

  private var certainty: String {
    let stated = detail.blocks.first { !$0.hasPrefix("**In this session**") }.map(CardMarkdown.html) ?? ""
    guard let probability = number(finding["probability"]), let low = number(finding["low"]),
      let high = number(finding["high"])
    else {
      return stated + "<p>No risk is stated. This is not a statement that the risk is low.</p>" + likeness
    }
    let typical = number(finding["explanation"]?["typicalProbability"])
    return stated + ProbabilityBar(probability: probability, low: low, high: high, typical: typical).html + likeness
  }

  private var likeness: String {
    guard let score = number(model["unlikeness"]?["score"]), let alarm = number(model["unlikeness"]?["alarm"]) else {
      return ""
    }
    let signals = model["unlikeness"]?.elements("signals").compactMap(\.string) ?? []
    let why = signals.isEmpty ? "" : " (\(HTML.escaped(signals.joined(separator: "; "))))"
    return """
      <p>Unlike the patients that the model learned from: <b>\(DecimalText.fixed(score, decimals: 1))</b>\(why). One in a hundred of \
      them exceeds \(DecimalText.fixed(alarm, decimals: 1)); above that nothing is stated.</p>
      """
  }

  // MARK: What moved it

  private var drivers: String {
    guard let explanation = finding["explanation"], let typical = number(explanation["typicalProbability"]) else {
      return ""
    }
    let found = explanation.elements("drivers").map { $0 }
    let most = found.compactMap { number($0["contribution"]) }.map(abs).max() ?? 0
    let rows = found.map { driver -> [String] in
      let contribution = number(driver["contribution"]) ?? 0
      return [
        "<b>\(text(driver["signal"]))</b>", value(driver["value"], of: driver), value(driver["typical"], of: driver),
        driver["instant"]?.string.map(Self.minutes) ?? "–", EffectBar(contribution: contribution, most: most).html,
        driver["resource"]?.string.map(HTML.escaped) ?? "–",
      ]
    }
    let lead = """
      <p>Against a patient of whom the same was measured as often, all of it typical of the training patients: \
      <b>\(HTML.escaped(DecimalText.percent(typical)))</b>. An effect is that of a signal's whole course, as a factor of the odds.</p>
      """
    return lead
      + (rows.isEmpty
        ? "<p>No value moved it from there.</p>"
        : PageTable(titles: ["Signal", "Last value", "Typical", "Measured", "Effect", "Source"], rows: rows).html)
  }

  private func value(_ node: Node?, of driver: Node) -> String {
    if node?.name == "value", let words = driver["words"]?.string { return HTML.escaped(words) }
    guard let value = number(node) else { return node?.name == "typical" || node == nil ? "–" : "not measured" }
    let unit = driver["unit"]?.string.map(DecimalText.unit) ?? ""
    return HTML.escaped(unit.isEmpty ? DecimalText.measured(value) : "\(DecimalText.measured(value)) \(unit)")
  }

  // MARK: What is not known

  private var gaps: String {
    let ranges =
      (finding["explanation"]?.elements("plausibleRanges")).map { Array($0) }?
      .sorted { spread($0) > spread($1) } ?? []
    let rows = ranges.map { range in
      [text(range["signal"]), end("low", "probabilityIfLow", of: range), end("high", "probabilityIfHigh", of: range)]
    }
    var html = ""
    if !rows.isEmpty {
      html += """
        <p>Not measured, and what the probability would be if it were measured now and came out low or high, at the 5th or the \
        95th percentile of the training patients:</p>
        """
      html += PageTable(titles: ["Signal", "If low", "If high"], rows: rows).html
    }
    let named = Set(ranges.compactMap { $0["signal"]?.string })
    let missing = model.elements("missing").compactMap(\.string).filter { !named.contains($0) }
    html += list("Not measured\(rows.isEmpty ? "" : " either")", missing)
    html += list(
      "Last measured too long ago to be current",
      model.elements("stale").map { stale in
        "\(stale["signal"]?.string ?? "") (\(number(stale["ageHours"]).map(DecimalText.age) ?? "?") old)"
      })
    let silent = [Exclusion.duplicate, .conflict, .beforeAdmission, .status].map(\.rawValue)
    html += list(
      "Charted and not used",
      model.elements("ignored").compactMap { ignored in
        guard let signal = ignored["signal"]?.string, let reason = ignored["reason"]?.string, !silent.contains(reason)
        else { return nil }
        return "\(ignored["count"]?.text ?? "") × \(signal) (\(Exclusion(rawValue: reason)?.text ?? reason))"
      })
    return html
  }

  /// How far apart the probabilities of both ends are.
  private func spread(_ range: Node) -> Double {
    abs((number(range["probabilityIfHigh"]) ?? 0) - (number(range["probabilityIfLow"]) ?? 0))
  }

  private func end(_ value: StaticString, _ probability: StaticString, of range: Node) -> String {
    guard let value = number(range[value]), let probability = number(range[probability]) else { return "–" }
    let unit = range["unit"]?.string.map(DecimalText.unit) ?? ""
    return "<b>\(HTML.escaped(DecimalText.percent(probability)))</b> "
      + HTML.escaped("(\(DecimalText.measured(value))\(unit.isEmpty ? "" : " \(unit)"))")
  }

  private func list(_ title: String, _ items: [String]) -> String {
    items.isEmpty ? "" : "<p><b>\(title)</b>: \(HTML.escaped(items.joined(separator: "; "))).</p>"
  }

  // MARK: The rest of the card

  /// What the card says besides: everything that stands nowhere above.
  private var rest: String {
    let above = [
      "**In this session**", "**Ordered already**", "What moved it most", "No value moved", "**Not measured**",
      "**Stale**", "**Not used**", "**Likeness to", "No risk is stated.", "| Signal |", "- ",
    ]
    var blocks: [String] = []
    for block in detail.blocks.drop(while: { $0.hasPrefix("**In this session**") }).dropFirst() {
      guard !isRecommended(block), !above.contains(where: block.hasPrefix) else { continue }
      blocks.append(CardMarkdown.html(block))
    }
    return blocks.joined(separator: "\n")
  }

  private var origin: String {
    let source = card["source"]
    let label = text(source?["label"])
    let links = card.elements("links").filter { $0["url"]?.string?.contains("/explanations/") != true }
    var items = links.map { link($0["url"]?.string, text($0["label"])) }
    items.insert("The model and its card: \(link(source?["url"]?.string, label))", at: 0)
    let expiry = record.entry.instant.map {
      Self.minutes($0.advanced(byHours: VigilService.pageHours).description)
    }
    return """
      <ul>\(items.map { "<li>\($0)</li>" }.joined())</ul>
      <p class="small">Record \(record.sequence) of the audit trail, package \
      \(HTML.escaped(String((model["package"]?.string ?? "").prefix(12)))). This page is made of that record; nothing was computed \
      anew. Opening it is on record too. The link opens until \(expiry ?? "").</p>
      """
  }

  /// A link to a page of the package or of a guideline: `https` alone.
  private func link(_ url: String?, _ label: String) -> String {
    guard let url, url.hasPrefix("https://") else { return label }
    return "<a href=\"\(HTML.escaped(url))\" rel=\"noopener noreferrer\">\(label)</a>"
  }

  /// `2026-03-01 07:30 UTC` of an instant as FHIR writes it.
  static func minutes(_ instant: String) -> String {
    HTML.escaped("\(instant.prefix(10)) \(instant.dropFirst(11).prefix(5)) UTC")
  }
}
