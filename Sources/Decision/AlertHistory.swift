// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What was shown of one patient's findings and what became of it, and how much each unit was shown: the state by which an
/// alert policy judges. It is handed in and recorded, so that a stored answer is given again as it was.
package struct AlertHistory: Sendable, Equatable {
  /// The hour of a unit's ceiling.
  package static let ceilingHours = 1.0

  /// Something that happened to a finding.
  package struct Event: Sendable, Equatable {
    /// Id of the model.
    package var model: String
    /// The head of the outcome.
    package var outcome: String
    /// When.
    package var instant: Instant
    /// How urgent its card was said to be, as a rank.
    package var urgency: Int

    /// An event.
    package init(model: String, outcome: String, instant: Instant, urgency: Int) {
      self.model = model
      self.outcome = outcome
      self.instant = instant
      self.urgency = urgency
    }

    fileprivate func concerns(_ candidate: AlertCandidate) -> Bool {
      model == candidate.model && outcome == candidate.outcome
    }

    fileprivate var json: JSON {
      [
        "model": .string(model), "outcome": .string(outcome), "instant": .string(instant.description),
        "urgency": .number(urgency),
      ]
    }

    fileprivate init?(_ node: Node) {
      guard let model = node["model"]?.string, let outcome = node["outcome"]?.string,
        let instant = node["instant"]?.string.flatMap({ Instant($0) }),
        let urgency = node["urgency"]?.text.flatMap({ Int($0) })
      else { return nil }
      self.init(model: model, outcome: outcome, instant: instant, urgency: urgency)
    }
  }

  /// The patient's findings that were shown, in any order.
  package var showings: [Event]
  /// The patient's findings whose card a clinician accepted or set aside.
  package var acknowledgements: [Event]
  /// By unit (`Location/id`), the cards shown there within the last hour.
  package var shownOnUnits: [String: Int]

  /// A history; nothing happened where nothing is given.
  package init(showings: [Event] = [], acknowledgements: [Event] = [], shownOnUnits: [String: Int] = [:]) {
    self.showings = showings
    self.acknowledgements = acknowledgements
    self.shownOnUnits = shownOnUnits
  }

  /// Whether nothing happened.
  package var isEmpty: Bool { showings.isEmpty && acknowledgements.isEmpty && shownOnUnits.isEmpty }

  /// The last showing of a finding.
  func showing(of candidate: AlertCandidate) -> Event? { Self.last(of: candidate, in: showings) }

  /// The last time a clinician acted on a finding's card.
  func acknowledgement(of candidate: AlertCandidate) -> Event? { Self.last(of: candidate, in: acknowledgements) }

  private static func last(of candidate: AlertCandidate, in events: [Event]) -> Event? {
    events.filter { $0.concerns(candidate) }.max { $0.instant < $1.instant }
  }

  /// The rank of an indicator: info, warning, critical.
  package static func urgency(of indicator: String?) -> Int {
    switch indicator {
    case "critical": 2
    case "warning": 1
    default: 0
    }
  }

  /// For the record: units in the order of their names, so that equal histories are equal bytes.
  package var json: JSON {
    [
      "showings": showings.isEmpty ? nil : .array(showings.map(\.json)),
      "acknowledgements": acknowledgements.isEmpty ? nil : .array(acknowledgements.map(\.json)),
      "shownOnUnits": shownOnUnits.isEmpty
        ? nil
        : .object(shownOnUnits.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .number($0.value)) }),
    ]
  }

  /// Reads it back from a record.
  package init(_ node: Node) {
    showings = node.elements("showings").compactMap { Event($0) }
    acknowledgements = node.elements("acknowledgements").compactMap { Event($0) }
    shownOnUnits = [:]
    for unit in node["shownOnUnits"].map({ Array($0.children) }) ?? [] {
      shownOnUnits[unit.name ?? ""] = unit.text.flatMap { Int($0) }
    }
  }
}
