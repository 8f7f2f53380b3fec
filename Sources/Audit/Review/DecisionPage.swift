// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// One decision on one page, out of its record alone: no model is called, so the page says what was known and said then.
///
/// Numbers are rounded for people; the record in JSON has every digit.
package struct DecisionPage: Sendable {
  let record: AuditRecord
  private let feedback: [AuditRecord]
  private let amendments: [AuditRecord]
  private let reviews: [AuditRecord]
  private let isMasked: Bool
  private let shown: JSON
  /// The calibration and thresholds of the packages by their digests, for a record that does not hold them.
  let packageThresholds: JSON?

  /// - Parameters:
  ///   - record: an answer, with its payload where it can be opened.
  ///   - feedback: the records of what clinicians did with its cards.
  ///   - amendments: the records of what people say is right instead, oldest first.
  ///   - reviews: the records of who signed that they looked at it.
  ///   - isMasked: whether what names the patient is left out.
  ///   - packageThresholds: what the packages of the very digests that the record names have as calibration and thresholds, for
  ///     records that do not hold them; nil where they are not at hand.
  package init(
    _ record: AuditRecord, feedback: [AuditRecord], amendments: [AuditRecord] = [], reviews: [AuditRecord] = [],
    isMasked: Bool = false, packageThresholds: JSON? = nil
  ) {
    self.record = record
    self.feedback = feedback
    self.amendments = record.entry.amends == nil ? amendments : [record]
    self.reviews = reviews
    self.isMasked = isMasked
    self.packageThresholds = packageThresholds
    var shown = isMasked ? record.maskedJSON : record.json
    // The token of what is about nobody is no patient's.
    if record.isOfNobody { shown["subject"] = nil }
    self.shown = shown
  }

  /// The page.
  package var html: String {
    let sections = [call, corrections, findings, signatures, answer, models, inputs, vectors, state]
    return HTML.page(
      title: "Decision \(record.sequence)", sections.filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  var payload: JSON { shown["payload"] ?? .null }

  func section(_ title: String, _ body: String) -> String { "<h2>\(title)</h2>\n\(body)" }

  /// Who asked for what, and what the answer depended on.
  private var call: String {
    let names = [
      ("On record since", "time"), ("Assessed for", "instant"), ("Service", "service"), ("Hook", "hook"),
      ("Call (hook instance)", "hookInstance"), ("Client", "client"), ("Asked by", "user"),
      ("Token of the client", "token"),
      ("Patient (pseudonym)", "patient"), ("Patient (token of the data key)", "subject"), ("Unit", "unit"),
      ("From", "origin"), ("HTTP status", "status"),
    ]
    let rest = [
      ("Reason", "reason"), ("Amends record", "amends"), ("Note", "note"),
      ("Digest of the configuration", "configuration"), ("Salted SHA-256 of what it was made of", "payloadCommitment"),
      ("SHA-256 of the same as stored, sealed", "payloadSealedDigest"),
    ]
    func rows(_ names: [(String, String)]) -> [(name: String, value: String)] {
      names.map { ($0.0, HTML.text(shown[$0.1])) }
    }
    let duration = record.entry.duration.map { HTML.number(.number(Double($0) / 1000)) + " ms" } ?? ""
    let facts = rows(names) + [("Answered within", duration)] + rows(rest) + request
    return section("The call", HTML.facts(facts))
      + HTML.table(
        [("Model", "id"), ("Version", "version"), ("Digest of the package", "digest")], shown.list("models"))
  }

  private var request: [(name: String, value: String)] {
    guard let mediaType = payload["requestMediaType"] else { return [] }
    // The digest is without salt: who has a copy of the request could tell that it is this one.
    let digest = isMasked ? "left out with what names the patient" : HTML.text(payload["requestDigest"])
    return [("Request", HTML.text(mediaType)), ("SHA-256 of the request", digest)]
  }

  /// What people say is right instead, newest last. The rest of the page is the record, as it was and stays.
  private var corrections: String {
    guard !amendments.isEmpty else { return "" }
    let rows = amendments.map { amendment in
      let entry = amendment.entry
      return [
        entry.time.description, entry.origin ?? "", entry.reason ?? "", amendment.amendmentText(isMasked: isMasked),
        "\(amendment.sequence)",
      ].map(HTML.escaped)
    }
    return section("Amendments", HTML.table(["Time", "User", "Reason", "What is right", "Record"], rows))
  }

  /// Each finding that could have become a card, and what became of it.
  private var findings: String {
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

  /// The answer as it was sent, its text as a client shows it.
  private var answer: String {
    if record.entry.amends != nil { return "" }
    guard let response = payload["response"] else {
      let state = record.isPayloadDamaged ? "was \(AuditRecord.changedText)" : "is not at hand"
      return section("The answer", "<p>What the record was made of \(state).</p>")
    }
    let cards = response.list("cards").map { card in
      let suggestions = card.list("suggestions").map { "<li>\(HTML.text($0["label"]))</li>" }.joined()
      return """
        <div class="card"><p><b>\(HTML.text(card["summary"]))</b> (\(HTML.text(card["indicator"])))</p>
        \(Self.detail(card["detail"]))
        \(suggestions.isEmpty ? "" : "<p>Offered on the card:</p><ul>\(suggestions)</ul>")
        <p>Source: \(HTML.text(card["source"]?["label"]))</p><p class="mono">\(HTML.text(card["uuid"]))</p></div>
        """
    }
    let isOfCards = response["cards"] != nil
    let note =
      "<p>As a client shows it; its text letter by letter is in <code>vigil audit show \(record.sequence)</code>.</p>"
    let body = isOfCards ? (cards.isEmpty ? "<p>No cards.</p>" : note + cards.joined(separator: "\n")) : ""
    if isMasked { return section("What the cards said", body) }
    return section(
      "The answer as sent",
      body + "<details><summary>Every byte</summary><pre>\(HTML.escaped(response.text(pretty: true)))</pre></details>")
  }

  /// A card's detail, which is Markdown.
  private static func detail(_ detail: JSON?) -> String {
    guard case .string(let text)? = detail else { return "" }
    return CardMarkdown(text).html
  }

  /// What else the answer depended on.
  private var state: String {
    [("Fetched from the client's server", "fetched"), ("What it depended on besides", "state")].compactMap {
      title, name in
      payload[name].map { section(title, "<pre>\(HTML.escaped($0.text(pretty: true)))</pre>") }
    }.joined(separator: "\n")
  }
}
