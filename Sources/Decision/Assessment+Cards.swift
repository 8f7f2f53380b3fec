// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
import Crypto
import FHIR

extension Assessment {
  /// One card a finding, in the findings' order; a finding without a probability says why.
  ///
  /// - Parameter hookInstance: the call the cards answer. A card's uuid is made of it, the patient and the model, so the
  ///   same call gives the same uuids, and feedback finds the finding.
  package func cards(hookInstance: String) -> [Card] {
    findings.map { $0.card(uuid: uuid($0, hookInstance), at: instant, leftOut: leftOut) }
  }

  /// UUID version 8 (RFC 9562 section 5.8) of SHA-256 over patient, model and call.
  private func uuid(_ finding: Finding, _ hookInstance: String) -> String {
    let parts = ["vigil-card", patientID ?? "", finding.model.id, hookInstance]
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

extension Finding {
  /// The card of this finding.
  func card(uuid: String, at instant: Instant, leftOut: [Assessment.LeftOut]) -> Card {
    Card(
      uuid: uuid, summary: VisibleText.summary(summary), detail: detail(at: instant, leftOut: leftOut),
      indicator: indicator,
      source: CDSHooks.Source(
        label: "\(model.title) \(model.version), \(model.publisher)", url: model.url,
        topic: Coding(code: model.outcome.code, system: model.outcome.system, display: model.outcome.display)),
      overrideReasons: risk == nil ? [] : OverrideReason.offered,
      links: recommendation?.artifacts.map { Link(label: $0.label, url: $0.url) } ?? [])
  }

  /// One sentence: the probability and its band, or why there is none.
  private var summary: String {
    switch outcome {
    case .assessed(let risk):
      return "\(model.outcome.summary): \(DecimalText.percent(risk.probability)) (\(risk.band))"
    case .notAssessed(let reasons):
      return "\(model.outcome.summary): not assessed, because \(reasons.map(\.text).joined(separator: "; "))"
    }
  }

  /// The priority of the action that applies, by the CDS-on-FHIR mapping; info where there is none.
  private var indicator: Card.Indicator {
    switch recommendation?.priority {
    case "urgent", "asap": .warning
    case "stat": .critical
    default: .info
    }
  }
}
