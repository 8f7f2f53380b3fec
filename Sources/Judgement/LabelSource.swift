// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
import Features
package import Training

/// Where it is known from what happened.
package enum LabelSource: Sendable {
  /// Nowhere.
  case none
  /// A file.
  case file(OutcomeLabels)
  /// The charts themselves.
  case charts(ChartLabels)

  /// What happened, by assessment, model and outcome; nil where that is not known.
  func labels(_ chart: Chart, _ assessments: [Assessment]) -> [[[Bool?]]] {
    switch self {
    case .none: assessments.map { $0.models.map { $0.findings.map { _ in nil } } }
    case .file(let labels):
      assessments.map { assessment in
        assessment.models.map { model in
          model.findings.map {
            labels.label($0.outcome.head, of: chart.patientID ?? "", at: assessment.instant)
          }
        }
      }
    case .charts(let labels): labels.labels(chart, assessments)
    }
  }
}

/// Outcomes found in the charts by the definitions that labelled the training (docs/labels.md): states of organs by the criteria in the
/// later course of the stay, death and sepsis as `HospitalCourse` finds them.
package struct ChartLabels: Sendable {
  /// By model: its reader, and for each outcome how it was labelled in training, where the package says so.
  private let models: [(reader: ChartReader, heads: [HeadDefinition?])]
  private let terminology: Terminology

  /// Labels for the outcomes of models.
  ///
  /// - Parameter heads: for each package the heads of its training's configuration.
  package init(_ packages: [ModelPackage], heads: [[HeadDefinition]], terminology: Terminology) {
    self.terminology = terminology
    models = zip(packages, heads).map { package, heads in
      (
        ChartReader(package.profile, terminology),
        package.predictors.map { predictor in heads.first { $0.name == predictor.outcome.head } }
      )
    }
  }

  func labels(_ chart: Chart, _ assessments: [Assessment]) -> [[[Bool?]]] {
    var result = assessments.map { $0.models.map { $0.findings.map { _ in Bool?.none } } }
    let observations = ObservationTable(chart, terminology)
    var courses: [Instant: HospitalCourse] = [:]
    for model in models.indices {
      let origins = assessments.map { $0.models[model].origin }
      for origin in Set(origins.compactMap(\.self)) {
        let course = courses[origin] ?? HospitalCourse(chart, admission: origin)
        courses[origin] = course
        let rows = assessments.indices.filter { origins[$0] == origin }
        fill(&result, rows, model, chart, observations, assessments, course, origin)
      }
    }
    return result
  }

  private func fill(
    _ result: inout [[[Bool?]]], _ rows: [Int], _ model: Int, _ chart: Chart, _ observations: ObservationTable,
    _ assessments: [Assessment], _ course: HospitalCourse, _ origin: Instant
  ) {
    let (reader, heads) = models[model]
    var label = StayLabel(patient: chart.patientID ?? "", id: chart.patientID ?? "")
    label.start = origin
    label.hospital = course.hospital
    guard var stay = try? Stay(chart, observations, label, reader) else { return }
    let hours = rows.map { assessments[$0].models[model].hour ?? 0 }
    // The hours asked about, and the end of the record.
    let known = Set(hours + stay.outcome.hours.suffix(1)).sorted()
    stay.outcome = StayOutcome(hours: known, hospital: course.hospital)
    if course.hasUntimedSepsis, course.sepsisOnset == nil {
      stay.outcome.sepsis = known.map { _ in true }
    } else if let onset = course.sepsisOnset {
      stay.outcome.sepsis = known.map { hour in onset.map { hour >= $0 - 6 } ?? false }
    }
    for (outcome, head) in heads.enumerated() {
      guard let head, let definition = LabelDefinition.named(head.label) else { continue }
      let found = definition.labels(.init(stay: stay, hours: hours, head: head, profile: reader.profile))
      for (place, row) in rows.enumerated() where found.weights[place] > 0 {
        result[row][model][outcome] = found.values[place] > 0.5
      }
    }
  }
}
