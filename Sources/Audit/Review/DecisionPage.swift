// SPDX-License-Identifier: Apache-2.0
import FHIR

/// One decision on one page, out of its record alone: no model is called, so the page says what was known and said then.
package struct DecisionPage: Sendable {
  private let record: AuditRecord
  private let feedback: [AuditRecord]
  private let reviews: [AuditRecord]
  private let isMasked: Bool
  private let shown: JSON

  /// - Parameters:
  ///   - record: an answer, with its payload where it can be opened.
  ///   - feedback: the records of what clinicians did with its cards.
  ///   - reviews: the records of who signed that they looked at it.
  ///   - isMasked: whether what names the patient is left out.
  package init(
    _ record: AuditRecord, feedback: [AuditRecord], reviews: [AuditRecord] = [], isMasked: Bool = false
  ) {
    self.record = record
    self.feedback = feedback
    self.reviews = reviews
    self.isMasked = isMasked
    shown = isMasked ? record.maskedJSON : record.json
  }

  /// The page.
  package var html: String {
    HTML.page(
      title: "Decision \(record.sequence)",
      [call, cards, signatures, answer, models, inputs, state].joined(separator: "\n"))
  }

  private var payload: JSON { shown["payload"] ?? .null }

  private func section(_ title: String, _ body: String) -> String { "<h2>\(title)</h2>\n\(body)" }

  /// Who asked for what, and what the answer depended on.
  private var call: String {
    let names = [
      "time", "instant", "service", "hook", "hookInstance", "patient", "unit", "status", "durationMicroseconds",
      "client", "user", "token", "origin",
      "reason", "note", "configuration", "subject", "payloadCommitment", "payloadSealedDigest",
    ]
    let rows = names.compactMap { name in shown[name].map { [HTML.escaped(name), HTML.text($0)] } }
    let media = payload["requestMediaType"].map {
      [["request", "\(HTML.text($0)), SHA-256 \(HTML.text(payload["requestDigest"]))"]]
    }
    return section("The call", HTML.table(["", ""], rows + (media ?? [])))
      + HTML.table([("Model", "id"), ("Version", "version"), ("Digest", "digest")], shown.list("models"))
  }

  /// Each finding that could have become a card, and what became of it.
  private var cards: String {
    let rows = record.entry.cards.map { card in
      let said = feedback.filter { $0.entry.cards.contains { $0.key == card.key } }.map { record in
        [record.entry.outcome, record.entry.reason, record.entry.time.description].compactMap(\.self).joined(
          separator: ", ")
      }
      return [
        card.model ?? "", card.outcome ?? "", card.indicator ?? "", card.heldBack.map { "held back: \($0)" } ?? "shown",
        said.joined(separator: "; "),
      ].map(HTML.escaped)
    }
    return section("Findings", HTML.table(["Model", "Outcome", "Indicator", "Card", "Feedback"], rows))
  }

  /// Who signed, with name, time and meaning (21 CFR 11.50).
  private var signatures: String {
    guard !reviews.isEmpty else { return "" }
    let rows = reviews.map { review in
      let entry = review.entry
      return [
        entry.signature?.name ?? "", entry.origin ?? "", entry.time.description, entry.reason ?? "", entry.note ?? "",
        "\(review.sequence)",
      ].map(HTML.escaped)
    }
    return section("Reviewed", HTML.table(["Name", "User", "Time", "Meaning", "Comment", "Record"], rows))
  }

  /// The answer as it was sent.
  private var answer: String {
    guard let response = payload["response"] else {
      return section("The answer", "<p>What the record was made of is not at hand.</p>")
    }
    let cards = response.list("cards").map { card in
      """
      <div class="card"><p><b>\(HTML.text(card["summary"]))</b> (\(HTML.text(card["indicator"])))</p>
      <pre>\(HTML.text(card["detail"]))</pre>
      <p>\(HTML.text(card["source"]?["label"])) \(card.list("suggestions").map { HTML.text($0["label"]) }.joined(separator: "; "))</p>
      <p class="mono">\(HTML.text(card["uuid"]))</p></div>
      """
    }
    if isMasked { return section("What the cards said", cards.joined(separator: "\n")) }
    let whole =
      "<details><summary>Every byte</summary><pre>\(HTML.escaped(response.text(pretty: true)))</pre></details>"
    return section("The answer as sent", cards.joined(separator: "\n") + whole)
  }

  /// What each model said, and what it did not say.
  private var models: String {
    let models = payload["outputs"]?.list("models") ?? []
    return models.map { model in
      section(
        "\(HTML.text(model["model"])) \(HTML.text(model["version"]))",
        HTML.table(
          ["", ""],
          [
            ["hour of the stay", HTML.text(model["hour"])], ["stay begins", HTML.text(model["origin"])],
            ["groups", HTML.text(model["groups"])], ["unlike the training patients", HTML.text(model["unlikeness"])],
            ["missing", HTML.text(model["missing"])], ["stale", HTML.text(model["stale"])],
          ]) + "<h3>Left aside</h3>"
          + HTML.table([("Signal", "signal"), ("Why", "reason"), ("Values", "count")], model.list("ignored"))
          + model.list("findings").map(finding).joined(separator: "\n"))
    }.joined(separator: "\n")
  }

  private func finding(_ finding: JSON) -> String {
    let explanation = finding["explanation"]
    let figures: [[String]] = finding.members.filter { $0.name != "explanation" }.map {
      [HTML.escaped($0.name), HTML.text($0.value)]
    }
    var text = "<h3>\(HTML.text(finding["outcome"]))</h3>" + HTML.table(["", ""], figures)
    guard let explanation else { return text }
    text +=
      "<p>Typical patient \(HTML.text(explanation["typicalProbability"])), "
      + "completeness gap \(HTML.text(explanation["completenessGap"])).</p>"
    text += HTML.table(
      [
        ("Driver", "signal"), ("Value", "value"), ("Unit", "unit"), ("Typical", "typical"), ("When", "instant"),
        ("Contribution", "contribution"), ("Resource", "resource"),
      ], explanation.list("drivers"))
    return text
      + HTML.table(
        [
          ("Not known", "signal"), ("Unit", "unit"), ("Low", "low"), ("High", "high"), ("If low", "probabilityIfLow"),
          ("If high", "probabilityIfHigh"),
        ], explanation.list("plausibleRanges"))
  }

  /// Every value that was read, with where it came from, and the vectors.
  private var inputs: String {
    payload.list("features").map { features in
      section(
        "Inputs of \(HTML.text(features["model"]))",
        HTML.table(
          [
            ("Resource", "resource"), ("Version", "version"), ("Code", "code"), ("Value", "value"), ("Unit", "unit"),
            ("When", "instant"), ("Conversion", "conversion"),
          ], features.list("sources"))
          + "<details><summary>The vector, \(features.list("values").count) values in the profile's order</summary>"
          + "<p class=\"mono\">\(HTML.text(features["values"]))</p></details>")
    }.joined(separator: "\n")
  }

  /// What else the answer depended on.
  private var state: String {
    ["fetched", "state"].compactMap { name in
      payload[name].map { section(HTML.escaped(name), "<pre>\(HTML.escaped($0.text(pretty: true)))</pre>") }
    }.joined(separator: "\n")
  }
}

extension JSON {
  fileprivate var members: [Member] {
    guard case .object(let members) = self else { return [] }
    return members
  }
}
