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
    models.flatMap { model in
      model.findings.indices.filter(model.becomesCard).map { index in
        model.card(
          index, uuid: uuid(model.model.id, model.findings[index].outcome.head, channel),
          detail: CardDetail(assessment: model, index: index, instant: instant, leftOut: leftOut))
      }
    }
  }

  /// The model and the finding behind each card, in the cards' order.
  var cardFindings: [(model: String, finding: Finding)] {
    models.flatMap { model in
      model.findings.indices.filter(model.becomesCard).map { (model.model.id, model.findings[$0]) }
    }
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
  fileprivate var indicator: Card.Indicator {
    switch recommendation?.priority {
    case "urgent", "asap": .warning
    case "stat": .critical
    default: .info
    }
  }
}
