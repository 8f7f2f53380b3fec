// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
import FHIR

extension Assessment {
  /// For each model a card of its primary outcome, which says why where there is no probability, and one for each other
  /// outcome whose band is high; in the models' and outcomes' order.
  ///
  /// - Parameter channel: what the cards are shown on, so that a later one replaces an earlier one: the service, the
  ///   stay and the client. A card's uuid is made of it, the patient, the model and the outcome: a finding keeps its uuid from call to
  ///   call and from hook to hook, and feedback finds it (cds-hooks 2.0, Update Stale Guidance).
  package func cards(channel: String) -> [Card] {
    cardPlaces.map { card(of: $0, channel: channel) }
  }

  /// Where a finding stands: its model, and its own place among that model's findings.
  struct FindingPlace: Hashable {
    let model: Int
    let finding: Int
  }

  /// The places of the findings behind the cards, in the cards' order.
  var cardPlaces: [FindingPlace] {
    models.indices.flatMap { model in
      models[model].findings.indices.filter(models[model].becomesCard).map { FindingPlace(model: model, finding: $0) }
    }
  }

  /// The card of one of the findings that become cards.
  func card(of place: FindingPlace, channel: String) -> Card {
    let model = models[place.model]
    return model.card(
      place.finding, uuid: cardUUID(of: place, channel: channel),
      detail: CardDetail(assessment: model, index: place.finding, instant: instant, leftOut: leftOut))
  }

  /// The uuid that the card of a finding has, or would have.
  func cardUUID(of place: FindingPlace, channel: String) -> String {
    let model = models[place.model]
    return uuid(model.model.id, model.findings[place.finding].outcome.head, channel)
  }

  private func uuid(_ model: String, _ outcome: String, _ channel: String) -> String {
    StableUUID.of(["vigil-card", patientID ?? "", model, outcome, channel])
  }
}

extension ModelAssessment {
  /// The card of one finding.
  fileprivate func card(_ index: Int, uuid: String, detail: CardDetail) -> Card {
    let finding = findings[index]
    return Card(
      uuid: uuid, summary: VisibleText.summary(finding.summary), detail: detail.markdown, indicator: finding.indicator,
      source: Source(
        label: "\(model.title) \(model.version), \(model.publisher)", url: model.url,
        topic: Coding(code: finding.outcome.code, system: finding.outcome.system, display: finding.outcome.display)),
      overrideReasons: finding.risk == nil ? [] : OverrideReason.offered,
      links: finding.recommendation?.artifacts.map { Link(label: $0.label, url: $0.url) } ?? [])
  }
}

extension Finding {
  /// One sentence: the probability and its band, or why there is none.
  fileprivate var summary: String {
    switch conclusion {
    case .assessed(let risk):
      return "\(outcome.summary): \(DecimalText.percent(risk.probability)) (\(risk.band))"
    case .notAssessed(let reasons):
      return "\(outcome.summary): not assessed, because \(reasons.map(\.text).joined(separator: "; "))"
    }
  }

  /// The priority of the action that applies, by the CDS-on-FHIR mapping; info where there is none.
  var indicator: Card.Indicator {
    switch recommendation?.priority {
    case "urgent", "asap": .warning
    case "stat": .critical
    default: .info
    }
  }
}
