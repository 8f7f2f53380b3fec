// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
import Features

/// One chart assessed at one instant.
package struct ReplayRow: Sendable {
  /// The input it came from.
  package let input: String
  /// The patient's logical id.
  package let patientID: String?
  /// What was left out of the chart.
  package let issues: [Issue]
  /// What was said; nil for a chart that tells of no moment, or of no hour in intensive care, where such were asked for.
  package let assessment: Assessment?

  /// The row as one JSON object: a line of the NDJSON output.
  package var json: JSON {
    var row: JSON = ["input": .string(input), "patient": patientID.map(JSON.string)]
    guard let assessment else {
      row["error"] = "the chart tells of no such moment"
      return row
    }
    row["at"] = .string(assessment.instant.description)
    row["findings"] = .array(assessment.models.flatMap(\.rows))
    row["left-out"] = issues.isEmpty ? nil : .number(issues.count)
    return row
  }

  /// The same as JSON text with the member `provenance`: what the models were given (`Assessor.provenance`) and what was left out
  /// of the chart; without it in a row that is no assessment.
  ///
  /// - Parameter assessor: the one that assessed.
  package func jsonWithProvenance(by assessor: Assessor) -> [UInt8] {
    guard let assessment else { return json.encoded() }
    // Thousands of numbers, which need no tree.
    let leftOut: JSON = .array(
      issues.map { ["code": .string($0.code), "text": .string($0.text), "path": $0.path.map(JSON.string)] })
    return json.encoded().dropLast() + Array(#","provenance":{"models":"#.utf8) + assessor.provenance(of: assessment)
      + Array(#","leftOut":"#.utf8) + leftOut.encoded() + Array("}}".utf8)
  }
}

extension ModelAssessment {
  /// What a table of results needs, one object a finding; the whole record is `Assessment.record`.
  fileprivate var rows: [JSON] { findings.map(row) }

  private func row(_ finding: Finding) -> JSON {
    var row: JSON = [
      "model": .string(model.id), "version": .string(model.version), "outcome": .string(finding.outcome.head),
      "hour": hour.map(JSON.number),
    ]
    switch finding.conclusion {
    case .assessed(let risk):
      row["probability"] = .number(risk.probability)
      row["low"] = .number(risk.low)
      row["high"] = .number(risk.high)
      row["band"] = .string(risk.band)
    case .notAssessed(let reasons):
      row["notAssessed"] = .array(reasons.map { .string($0.code) })
    }
    row["values"] = .number(timeline.samples.reduce(0) { $0 + $1.count })
    row["missing"] = .number(missing.count)
    row["ignored"] = .number(timeline.ignored.count)
    return row
  }
}
