// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
import Features
import Foundation
package import Replay

/// What a report keeps of one chart: what was said at each moment and what came of it. It is a line of a file while the replay runs, so
/// that memory does not grow with it and an interrupted run goes on where it stopped.
package struct ChartEvidence: Codable, Sendable, Equatable {
  /// What was said of one outcome.
  struct Said: Codable, Sendable, Equatable {
    /// The probability; nil where none was stated.
    var p: Double?
    /// Whether the conformal set holds yes, and no.
    var yes = false
    var no = false
    /// Whether it happened; nil where that is not known.
    var label: Bool?
    /// How urgent its card would be said to be; nil for a finding that never becomes one.
    var indicator: String?
    /// Whether all that it recommends is ordered already.
    var treated: Bool?
  }

  /// What one model said at one moment.
  struct Model: Codable, Sendable, Equatable {
    /// Hour of the stay.
    var hour: Double?
    /// Admission to intensive care, in milliseconds.
    var origin: Int64?
    var said: [Said]
  }

  /// One moment.
  struct Row: Codable, Sendable, Equatable {
    var at: Int64
    /// Where the patient lay, `Location/id`.
    var unit: String?
    var models: [Model]
  }

  var patient: String
  var age: Double?
  var sex: Double?
  var unitType: Double?
  var rows: [Row]

  /// What is kept of a chart; nil for one without any assessment.
  package init?(_ chart: Chart, _ rows: [ReplayRow], _ labels: LabelSource, _ assessor: Assessor) {
    let assessments = rows.compactMap(\.assessment)
    guard let first = assessments.first else { return nil }
    patient = rows[0].patientID ?? ""
    for (package, model) in zip(assessor.packages, first.models) {
      func known(_ id: String) -> Double? {
        package.profile.statics.firstIndex { $0.id == id }.map { model.timeline.statics[$0] }
          .flatMap { $0.isFinite ? $0 : nil }
      }
      (age, sex, unitType) = (age ?? known("age"), sex ?? known("sex"), unitType ?? known("unit-type"))
    }
    let happened = labels.labels(chart, assessments)
    self.rows = zip(assessments, happened).map { assessment, labels in
      var row = Row(
        at: assessment.instant.milliseconds,
        models: zip(assessment.models, labels).map { model, labels in
          Model(
            hour: model.hour, origin: model.origin?.milliseconds,
            said: zip(model.findings, labels).map { finding, label in
              guard let risk = finding.risk else { return Said(label: label) }
              return Said(p: risk.probability, yes: risk.predictionSet.yes, no: risk.predictionSet.no, label: label)
            })
        })
      for placed in assessor.candidates(chart, assessment, shows: .assessed) where placed.candidate.isOfHook {
        row.unit = placed.candidate.unit
        row.models[placed.model].said[placed.finding].indicator = placed.candidate.indicator
        row.models[placed.model].said[placed.finding].treated = placed.candidate.isTreated ? true : nil
      }
      return row
    }
  }

  /// Adds the rows of a later stay.
  package mutating func append(_ later: ChartEvidence) { rows += later.rows }

  /// The same in order of time; rows of one moment stay in theirs.
  var sorted: ChartEvidence {
    var result = self
    result.rows = rows.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    return result
  }

  /// A line of a file.
  package var line: [UInt8] {
    // Numbers, names and codes alone always encode.
    ((try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? []) + [UInt8(ascii: "\n")]
  }
}
