// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Features

/// The detail of one finding's card: the most decision-relevant first, more after it, the limits always.
///
/// Titles and texts of the package are ours; whatever came from the chart is interpolated and so escaped.
struct CardDetail {
  /// What the model says.
  let assessment: ModelAssessment
  /// The finding whose card it is, as an index.
  let index: Int
  /// When it was asked.
  let instant: Instant
  /// What was handed over and is not in the chart.
  let leftOut: [Assessment.LeftOut]

  var finding: Finding { assessment.findings[index] }

  /// The text.
  var markdown: Markdown {
    var paragraphs: [Markdown] = []
    switch finding.conclusion {
    case .assessed(let risk):
      paragraphs.append(probability(risk))
      if let recommendation = finding.recommendation { paragraphs.append(options(recommendation)) }
      if let survival = finding.survival { paragraphs.append(survivalTable(survival)) }
      if let explanation = finding.explanation { paragraphs.append(driverTable(explanation)) }
      paragraphs += gaps
      if let likeness { paragraphs.append(likeness) }
    case .notAssessed(let reasons):
      let texts = reasons.map { Markdown(escaping: $0.text) }
      paragraphs.append("**Not assessed**, because \(Markdown.joined(texts, separator: "; ")).")
      paragraphs.append("No risk is stated. This is not a statement that the risk is low.")
      if let ignoredText { paragraphs.append(ignoredText) }
    }
    if index == 0, let otherOutcomes { paragraphs.append(otherOutcomes) }
    if !leftOut.isEmpty {
      let items = leftOut.map { "\($0.count) × \($0.text)" }
      paragraphs.append("**Left out of the chart**: \(items.joined(separator: "; ")).")
    }
    paragraphs.append("**What is predicted**: \(finding.outcome.definition)")
    paragraphs.append(time)
    let model = assessment.model
    paragraphs.append(
      """
      _\(model.intendedUse)_ Model \(model.id) \(model.version), package \
      \(String(assessment.packageDigest.prefix(12))).
      """)
    return Markdown.joined(paragraphs, separator: "\n\n")
  }

  private func probability(_ risk: Finding.Risk) -> Markdown {
    var text: Markdown = """
      **\(finding.outcome.summary): \(DecimalText.percent(risk.probability))** (\(risk.band)). The networks agree within \
      \(DecimalText.percent(risk.low)) to \(DecimalText.percent(risk.high)).
      """
    text += " \(risk.predictionSet.text)"
    return text
  }

  private func options(_ recommendation: Recommendation) -> Markdown {
    var text: Markdown = "**\(recommendation.title)**"
    if let words = recommendation.text { text += " \(words)" }
    if !recommendation.options.isEmpty {
      let items = recommendation.options.map { option -> Markdown in "- \(option)" }
      text += "\n\n\(Markdown.joined(items, separator: "\n"))"
    }
    return text
  }

  /// The outcomes that have no card of their own, which belong on the primary one's.
  private var otherOutcomes: Markdown? {
    let others = assessment.findings.indices.filter { !assessment.becomesCard($0) }.map { assessment.findings[$0] }
    guard !others.isEmpty else { return nil }
    let rows = others.map { other -> Markdown in
      switch other.conclusion {
      case .assessed(let risk): "| \(other.outcome.summary) | \(DecimalText.percent(risk.probability)) (\(risk.band)) |"
      case .notAssessed(let reasons):
        "| \(other.outcome.summary) | not assessed: \(reasons.map(\.text).joined(separator: "; ")) |"
      }
    }
    let head: Markdown = "Also looked at:\n\n| Outcome | Result |\n| --- | --- |"
    return "\(head)\n\(Markdown.joined(rows, separator: "\n"))"
  }

  /// Values of the model's signals that a clinician would expect to have counted. The rest is in the record only: what
  /// belongs to no signal, and what another value of the same signal stands for.
  var ignoredText: Markdown? {
    let silent: [Exclusion] = [.duplicate, .conflict, .beforeAdmission, .status]
    let named = assessment.ignored.filter { $0.signal != nil && !silent.contains($0.reason) }
    guard !named.isEmpty else { return nil }
    let items = named.map { "\($0.count) × \($0.signal ?? "") (\($0.reason.text))" }
    return "**Not used**: \(items.joined(separator: "; "))."
  }

  /// How far the chart is from what the networks learned from.
  private var likeness: Markdown? {
    assessment.unlikeness.map { found in
      """
      **Likeness to the training patients**: unlikeness \(DecimalText.fixed(found.score, decimals: 1)); above \
      \(DecimalText.fixed(found.alarm, decimals: 1)), which one in a hundred of them exceeds, nothing is stated.
      """
    }
  }

  private var time: Markdown {
    guard let origin = assessment.origin, let hour = assessment.hour else { return "Asked at \(Self.utc(instant))." }
    let spoken = origin.advanced(byHours: hour)
    return """
      Speaks for hour \(DecimalText.fixed(hour.rounded(.down), decimals: 0)) of the intensive care stay \
      (\(Self.utc(spoken))); asked at \(Self.utc(instant)).
      """
  }

  /// `2026-03-01 07:30 UTC`.
  static func utc(_ instant: Instant) -> String {
    let text = instant.description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }
}
