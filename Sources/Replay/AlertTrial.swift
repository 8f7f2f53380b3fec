// SPDX-License-Identifier: Apache-2.0
package import Audit
package import Decision
package import FHIR

/// What another alert policy would have shown of what a trail holds: asked before a threshold or a cool-down is changed.
///
/// Each stored answer of a service says which findings might have become cards; the policy judges them again in order of
/// time, with what it itself would have shown before and what clinicians did. It cannot tell what clinicians would have
/// done with cards that they never saw.
package struct AlertTrial: Sendable, Equatable {
  /// The findings of one model about one outcome.
  package struct Row: Sendable, Equatable {
    /// Id of the model.
    package var model: String
    /// The head of the outcome.
    package var outcome: String
    /// How often a card was shown.
    package var shown = 0
    /// How often one would have been.
    package var wouldBeShown = 0
    /// How often it would have been held back, by reason.
    package var heldBack: [AlertSuppression: Int] = [:]
    /// Cards that were shown, whose suggestion was accepted, and that would never have been shown.
    package var acceptedLost = 0
    /// Cards that were shown, set aside, and that would never have been shown.
    package var overriddenSpared = 0
  }

  /// In order of model and outcome.
  package private(set) var rows: [Row] = []
  /// Stored answers that were judged again.
  package private(set) var answers = 0
  /// Stored answers that say nothing of their candidates: earlier versions did not record them, or they are erased.
  package private(set) var notJudged = 0

  /// Cards that became something, by key.
  private struct Fate {
    var subject: Subject
    var wouldBeShown = false
    var outcome: String?
  }

  private struct Subject: Hashable {
    var model: String
    var outcome: String
  }

  /// Tries a policy on the answers of a service.
  ///
  /// - Parameters:
  ///   - hook: only answers at this hook; at every hook when nil.
  ///   - since: only records made at or after this moment.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged.
  package init(
    _ policy: AlertPolicy, on trail: AuditReader, service: String, hook: String? = nil,
    since: Instant = Instant(milliseconds: 0)
  ) throws(AuditError) {
    var table: [Subject: Row] = [:]
    var fates: [[UInt8]: Fate] = [:]
    var ledger = AlertLedger<[UInt8]>()
    var last: Int64 = 0
    while true {
      let page = try trail.records([.answer, .feedback], since: since, after: last, limit: 500)
      guard let end = page.last?.sequence else { break }
      last = end
      for record in page {
        let entry = record.entry
        if entry.kind == .feedback {
          Self.acknowledge(entry, &ledger, &fates, hours: policy.memoryHours)
          continue
        }
        guard entry.service == service, hook == nil || entry.hook == hook, let patient = entry.patient else { continue }
        guard let candidates = try Self.candidates(of: record.sequence, in: trail) else {
          notJudged += 1
          continue
        }
        answers += 1
        let instant = entry.instant ?? entry.time
        let (client, unit) = (entry.client ?? "", candidates.lazy.compactMap(\.unit).first)
        let history = ledger.history(
          of: patient, client: client, unit: unit, hours: policy.memoryHours, at: instant)
        let reasons = policy.reasons(toHold: candidates, history, at: instant)
        var now: [AlertHistory.Event] = []
        for ((candidate, card), reason) in zip(zip(candidates, entry.cards), reasons) {
          let subject = Subject(model: candidate.model, outcome: candidate.outcome)
          var row = table[subject] ?? Row(model: subject.model, outcome: subject.outcome)
          let wasShown = card.heldBack == nil
          if wasShown { row.shown += 1 }
          if let reason {
            row.heldBack[reason, default: 0] += 1
          } else {
            row.wouldBeShown += 1
            now.append(
              .init(
                model: candidate.model, outcome: candidate.outcome, instant: instant,
                urgency: AlertHistory.urgency(of: candidate.indicator)))
          }
          table[subject] = row
          if wasShown || reason == nil {
            var fate = fates[card.key] ?? Fate(subject: subject)
            if reason == nil { fate.wouldBeShown = true }
            fates[card.key] = fate
          }
        }
        ledger.add(
          now, isShowing: true, of: patient, client: client, unit: unit, sequence: record.sequence, at: instant,
          time: entry.time, hours: policy.memoryHours)
      }
    }
    for fate in fates.values where !fate.wouldBeShown {
      if fate.outcome == "accepted" { table[fate.subject]?.acceptedLost += 1 }
      if fate.outcome == "overridden" { table[fate.subject]?.overriddenSpared += 1 }
    }
    rows = table.values.sorted { ($0.model, $0.outcome) < ($1.model, $1.outcome) }
  }

  /// A clinician acted on a card, of whatever service.
  private static func acknowledge(
    _ entry: AuditEntry, _ ledger: inout AlertLedger<[UInt8]>, _ fates: inout [[UInt8]: Fate], hours: Double
  ) {
    guard let card = entry.cards.first else { return }
    fates[card.key]?.outcome = entry.outcome
    guard let patient = entry.patient, let model = card.model, let outcome = card.outcome else { return }
    let instant = min(entry.instant ?? entry.time, entry.time)
    ledger.add(
      [
        .init(
          model: model, outcome: outcome, instant: instant, urgency: AlertHistory.urgency(of: card.indicator))
      ], isShowing: false, of: patient, client: entry.client ?? "", unit: nil, sequence: 0, at: instant,
      time: entry.time, hours: hours)
  }

  /// What might have become a card; nil where the record does not say, or what it was made of is erased.
  private static func candidates(of sequence: Int64, in trail: AuditReader) throws(AuditError) -> [AlertCandidate]? {
    let payload: AuditPayload?
    do {
      payload = try trail.record(sequence).entry.payload
    } catch  where error.code == .erased {
      return nil
    }
    guard let outputs = payload?.outputs, let root = try? Document(outputs, syntax: .json).root,
      root["candidates"] != nil
    else { return nil }
    return root.elements("candidates").compactMap { AlertCandidate($0) }
  }

  /// The trial as one object.
  package var json: JSON {
    ["answers": .number(answers), "notJudged": .number(notJudged), "rows": .array(rows.map(\.json))]
  }
}

extension AlertTrial.Row {
  /// The reasons, the most frequent first.
  package var reasons: [(reason: AlertSuppression, count: Int)] {
    heldBack.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0.rawValue) < ($0.1, $1.0.rawValue) }
  }

  fileprivate var json: JSON {
    [
      "model": .string(model), "outcome": .string(outcome), "shown": .number(shown),
      "wouldBeShown": .number(wouldBeShown),
      "heldBack": .array(reasons.map { ["reason": .string($0.reason.rawValue), "count": .number($0.count)] }),
      "acceptedLost": .number(acceptedLost), "overriddenSpared": .number(overriddenSpared),
    ]
  }
}
