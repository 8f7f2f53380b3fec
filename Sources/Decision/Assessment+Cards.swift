// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
import Crypto
import FHIR

extension Assessment {
  /// For each model a card of its primary outcome, which says why where there is no probability, and one for each other
  /// outcome whose band is high; in the models' and outcomes' order.
  ///
  /// - Parameter hookInstance: the call the cards answer. A card's uuid is made of it, the patient, the model and the
  ///   outcome, so the same call gives the same uuids, and feedback finds the finding.
  package func cards(hookInstance: String) -> [Card] {
    models.flatMap { model in
      model.findings.indices.filter(model.becomesCard).map { index in
        model.card(
          index, uuid: uuid(model.model.id, model.findings[index].outcome.head, hookInstance),
          detail: CardDetail(assessment: model, index: index, instant: instant, leftOut: leftOut))
      }
    }
  }

  /// UUID version 8 (RFC 9562 section 5.8) of SHA-256 over patient, model, outcome and call.
  private func uuid(_ model: String, _ outcome: String, _ hookInstance: String) -> String {
    let parts = ["vigil-card", patientID ?? "", model, outcome, hookInstance]
    // Lengths before the parts, so that no two lists of parts give one text.
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    var bytes = Array(SHA256.hash(data: Array(text.utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = PackageSeal.hexadecimal(bytes)
    var uuid = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { uuid.append("-") }
      uuid.append(digit)
    }
    return uuid
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
