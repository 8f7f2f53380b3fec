// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Features

extension ReplayRow {
  /// The columns of `csvLines`.
  package static let csvColumns = [
    "input", "patient", "at", "model", "version", "outcome", "hour", "probability", "low", "high", "band", "alarm",
    "not_assessed", "values", "missing", "ignored", "left_out",
  ]

  /// A line a finding; a chart that tells of no such moment has one line without a model. Empty is unknown; `alarm` is 1 or 0,
  /// `not_assessed` holds the reasons' codes, divided by `;`.
  package var csvLines: [String] {
    let start = [CSV.field(input), CSV.field(patientID ?? "")]
    guard let assessment else {
      return [(start + Array(repeating: "", count: 14) + ["\(issues.count)"]).joined(separator: ",")]
    }
    return assessment.models.flatMap { model in
      model.findings.map { finding in
        var fields =
          start + [
            assessment.instant.description, model.model.id, model.model.version, finding.outcome.head,
            model.hour.map { "\($0)" } ?? "",
          ]
        switch finding.conclusion {
        case .assessed(let risk):
          fields += ["\(risk.probability)", "\(risk.low)", "\(risk.high)", risk.band]
          fields += [risk.probability >= finding.outcome.alarm ? "1" : "0", ""]
        case .notAssessed(let reasons):
          fields += ["", "", "", "", "", reasons.map(\.code).joined(separator: ";")]
        }
        fields += [
          "\(model.timeline.samples.reduce(0) { $0 + $1.count })", "\(model.missing.count)",
          "\(model.timeline.ignored.count)", "\(issues.count)",
        ]
        return fields.joined(separator: ",")
      }
    }
  }
}
