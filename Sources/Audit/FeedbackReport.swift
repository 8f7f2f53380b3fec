// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What became of the cards that were shown, by model and outcome.
///
/// A finding keeps its card's uuid from call to call, so a card counts once, however often it was shown, and of several
/// feedbacks about it the one counts in which the user acted last (cds-hooks 2.0, Feedback: entries may be repeated and
/// come late).
package struct FeedbackReport: Sendable, Equatable {
  /// The cards of one model about one outcome.
  package struct Row: Sendable, Equatable {
    /// Id of the model; nil for cards that the trail does not know.
    package var model: String?
    /// What the cards are about.
    package var outcome: String?
    /// How often one was shown.
    package var showings = 0
    /// How often one was held back, by reason, the most frequent first.
    package var heldBack: [(reason: String, count: Int)] = []
    /// How many different ones were shown.
    package var cards = 0
    /// Of how many a suggestion was accepted.
    package var accepted = 0
    /// How many were set aside.
    package var overridden = 0
    /// How many of those for which reason (`system|code`, or nil where none of the list was given), the most frequent first.
    package var reasons: [(reason: String?, count: Int)] = []

    package static func == (left: Row, right: Row) -> Bool {
      left.json == right.json
    }
  }

  /// In order of model and outcome.
  package private(set) var rows: [Row] = []

  private struct Subject: Hashable {
    var model: String?
    var outcome: String?
  }

  /// Counts a trail.
  ///
  /// - Parameter since: only records made at or after this moment.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged.
  package init(_ trail: AuditReader, since: Instant? = nil) throws(AuditError) {
    var showings: [Subject: Int] = [:]
    var held: [Subject: [String: Int]] = [:]
    var shown: [Subject: Set<[UInt8]>] = [:]
    var last: [[UInt8]: (subject: Subject, entry: AuditEntry)] = [:]
    var filter = AuditReader.Filter()
    filter.since = since
    while true {
      let page = try trail.list(filter, limit: 1000)
      for entry in page.map(\.entry) {
        for card in entry.cards {
          let subject = Subject(model: card.model, outcome: card.outcome)
          switch entry.kind {
          case .answer:
            if let reason = card.heldBack {
              held[subject, default: [:]][reason, default: 0] += 1
              continue
            }
            showings[subject, default: 0] += 1
            shown[subject, default: []].insert(card.key)
          case .feedback:
            let acted = entry.instant ?? entry.time
            // The newest records come first: of two at one moment the later record counts.
            if let known = last[card.key]?.entry, acted <= known.instant ?? known.time { continue }
            last[card.key] = (subject, entry)
          default: continue
          }
        }
      }
      guard let before = page.last?.sequence else { break }
      filter.before = before
    }
    let subjects = Set(showings.keys).union(held.keys).union(last.values.map(\.subject))
    rows = subjects.map { subject in
      var row = Row(model: subject.model, outcome: subject.outcome)
      row.showings = showings[subject, default: 0]
      row.cards = shown[subject, default: []].count
      row.heldBack = held[subject, default: [:]].map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
      let feedbacks = last.values.filter { $0.subject == subject }.map(\.entry)
      row.accepted = feedbacks.count { $0.outcome == "accepted" }
      let overrides = feedbacks.filter { $0.outcome == "overridden" }
      row.overridden = overrides.count
      row.reasons = Dictionary(grouping: overrides, by: \.reason).map { ($0.key, $0.value.count) }
        .sorted { ($1.1, $0.0 ?? "") < ($0.1, $1.0 ?? "") }
      return row
    }.sorted { ($0.model ?? "~", $0.outcome ?? "") < ($1.model ?? "~", $1.outcome ?? "") }
  }

  /// The report as one JSON array.
  package var json: JSON { .array(rows.map(\.json)) }
}

extension FeedbackReport.Row {
  /// The row as an object.
  package var json: JSON {
    [
      "model": model.map(JSON.string), "outcome": outcome.map(JSON.string), "showings": .number(showings),
      "cards": .number(cards),
      "heldBack": .array(
        heldBack.map { reason, count in ["reason": .string(reason), "count": .number(count)] }),
      "accepted": .number(accepted), "overridden": .number(overridden),
      "reasons": .array(
        reasons.map { reason, count in ["reason": reason.map(JSON.string), "count": .number(count)] }),
    ]
  }
}
