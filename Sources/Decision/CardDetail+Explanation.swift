// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Features
import Networks

extension CardDetail {
  /// What moved the probability, and from where.
  func driverTable(_ explanation: Explanation) -> Markdown {
    let typical = DecimalText.percent(explanation.typicalProbability)
    guard !explanation.drivers.isEmpty else {
      return "No value moved the probability from that of typical values, \(typical)."
    }
    let rows = explanation.drivers.map { driver -> Markdown in
      let effect = driver.contribution > 0 ? "↑ raises" : "↓ lowers"
      let factor = DecimalText.factor(Elementary.exp(driver.contribution))
      return """
        | \(driver.title) | \(driver.valueText) | \(driver.typicalText) | \(driver.instant.map(Self.utc) ?? "–") | \
        \(effect) (odds \(factor)) | \(driver.source?.resource ?? "–") |
        """
    }
    let head: Markdown = """
      What moved it most, against a patient of whom the same was measured as often and all of it was typical of the \
      training patients (\(typical)):

      | Signal | Last value | Typical | Time | Effect of its course | Source |
      | --- | --- | --- | --- | --- | --- |
      """
    return "\(head)\n\(Markdown.joined(rows, separator: "\n"))"
  }

  /// What the assessment does not rest on.
  var gaps: [Markdown] {
    var paragraphs: [Markdown] = []
    if !assessment.missing.isEmpty { paragraphs += missing(finding.explanation?.plausibleRanges ?? []) }
    if !assessment.stale.isEmpty {
      let items = assessment.stale.map { "\($0.title) (\(DecimalText.age($0.ageHours)) old)" }
      paragraphs.append("**Stale**, last measured too long ago to be current: \(items.joined(separator: "; ")).")
    }
    if let ignoredText { paragraphs.append(ignoredText) }
    return paragraphs
  }

  /// What was not measured: first, as a table, what could change the picture, then the names of the rest.
  private func missing(_ ranges: [PlausibleRange]) -> [Markdown] {
    let telling = ranges.filter(isTelling).sorted { $0.spread > $1.spread }
    let rest = assessment.missing.filter { title in !telling.contains { $0.title == title } }
    var paragraphs: [Markdown] = []
    if !telling.isEmpty {
      let rows = telling.map { range -> Markdown in
        "| \(range.title) | \(range.text(range.low)) | \(range.text(range.high)) |"
      }
      let head: Markdown = """
        **Not measured**, and what the risk would be if it were measured now and came out low or high, at the 5th or the \
        95th percentile of the training patients:

        | Signal | If low | If high |
        | --- | --- | --- |
        """
      paragraphs.append("\(head)\n\(Markdown.joined(rows, separator: "\n"))")
    }
    if !rest.isEmpty {
      let lead: Markdown = telling.isEmpty ? "**Not measured**" : "**Not measured** either, with little effect"
      paragraphs.append("\(lead): \(rest.joined(separator: "; ")).")
    }
    return paragraphs
  }

  /// Whether the ends of a range give other bands, or odds that differ by a tenth or more and read differently.
  private func isTelling(_ range: PlausibleRange) -> Bool {
    let (low, high) = (range.low.probability, range.high.probability)
    return finding.outcome.band(of: low) != finding.outcome.band(of: high)
      || range.spread >= 0.1 && DecimalText.percent(low) != DecimalText.percent(high)
  }
}

extension PlausibleRange {
  /// The distance between the probabilities of both ends, in log-odds.
  fileprivate var spread: Double {
    func logOdds(_ p: Double) -> Double { Elementary.log(p) - Elementary.log(1 - p) }
    return abs(logOdds(high.probability) - logOdds(low.probability))
  }

  fileprivate func text(_ end: (value: Double, probability: Double)) -> Markdown {
    let unit = DecimalText.unit(unit)
    let value = DecimalText.measured(end.value)
    return "\(DecimalText.percent(end.probability)) (\(unit.isEmpty ? value : "\(value) \(unit)"))"
  }
}

extension Driver {
  /// The value with its unit, and as it was charted where that was in another unit.
  fileprivate var valueText: Markdown {
    if let words { return Markdown(escaping: words) }
    guard let value else { return "not measured" }
    let text = Markdown(escaping: text(value))
    guard let source, source.conversion != nil else { return text }
    return "\(text) (charted \(source.value) \(source.unit ?? ""))"
  }

  /// What it would be compared with.
  fileprivate var typicalText: Markdown { typical.map { Markdown(escaping: text($0)) } ?? "–" }

  private func text(_ value: Double) -> String {
    let unit = unit.map(DecimalText.unit) ?? ""
    let number = DecimalText.measured(value)
    return unit.isEmpty ? number : "\(number) \(unit)"
  }
}
