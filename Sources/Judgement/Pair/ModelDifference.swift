// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
package import Replay

/// A moment of one patient at which two models say different things of one outcome, and why each says what it does.
package struct ModelDifference: Codable, Sendable, Equatable {
  /// What moved one model's probability.
  package struct Reason: Codable, Sendable, Equatable {
    package var title: String
    /// The value with its unit; nil for what was not measured.
    package var value: String?
    /// What it adds to the log-odds against a typical patient.
    package var contribution: Double

    package init(title: String, value: String?, contribution: Double) {
      (self.title, self.value, self.contribution) = (title, value, contribution)
    }
  }

  /// What one model said.
  package struct Said: Codable, Sendable, Equatable {
    package var probability: Double
    package var band: String
    /// The probability of a patient charted alike with typical values.
    package var typical: Double?
    package var reasons: [Reason]

    package init(probability: Double, band: String, typical: Double?, reasons: [Reason]) {
      (self.probability, self.band, self.typical, self.reasons) = (probability, band, typical, reasons)
    }
  }

  package var patient: String
  package var input: String
  /// Milliseconds.
  package var at: Int64
  /// Hour of the stay.
  package var hour: Double?
  /// The head.
  package var outcome: String
  /// The first model's and the second's.
  package var first: Said
  package var second: Said

  package init(
    patient: String, input: String, at: Int64, hour: Double?, outcome: String, first: Said, second: Said
  ) {
    (self.patient, self.input, self.at, self.hour) = (patient, input, at, hour)
    (self.outcome, self.first, self.second) = (outcome, first, second)
  }

  /// How far the probabilities are from each other.
  package var size: Double { abs(first.probability - second.probability) }
}

/// The patients on whom two models differ most, each once, the farthest first.
package struct ModelDifferences: Codable, Sendable, Equatable {
  /// How many are kept.
  package static let kept = 12

  package private(set) var farthest: [ModelDifference] = []

  package init() {}

  /// A difference as small as this is not among them any more.
  package var least: Double { farthest.count < Self.kept ? 0 : farthest.last?.size ?? 0 }

  /// Puts one in its place; equal ones stay in the order in which they came. Of a patient who comes in several inputs the greatest
  /// counts.
  package mutating func add(_ difference: ModelDifference) {
    if let known = farthest.firstIndex(where: { $0.patient == difference.patient && !$0.patient.isEmpty }) {
      guard difference.size > farthest[known].size else { return }
      farthest.remove(at: known)
    }
    guard farthest.count < Self.kept || difference.size > least else { return }
    let place = farthest.firstIndex { $0.size < difference.size } ?? farthest.count
    farthest.insert(difference, at: place)
    if farthest.count > Self.kept { farthest.removeLast() }
  }
}

extension ModelDifference {
  /// The moment of a chart at which two models differ most about an outcome that both have; nil when they never differ by more than
  /// `least`. Only such a one is explained.
  package init?(_ chart: Chart, _ rows: [ReplayRow], beyond least: Double, _ assessor: Assessor) {
    var found: (row: Int, head: String, size: Double)?
    for (row, said) in rows.enumerated() {
      guard let models = said.assessment?.models, models.count == 2 else { continue }
      for finding in models[0].findings {
        guard let risk = finding.risk,
          let other = models[1].findings.first(where: { $0.outcome.head == finding.outcome.head })?.risk
        else { continue }
        let size = abs(risk.probability - other.probability)
        if size > found?.size ?? least { found = (row, finding.outcome.head, size) }
      }
    }
    guard let (row, head, _) = found, var assessment = rows[row].assessment else { return nil }
    assessor.explain(&assessment, outcome: head)
    let said = assessment.models.compactMap { model in
      model.findings.first { $0.outcome.head == head }.flatMap(Said.init)
    }
    guard said.count == 2 else { return nil }
    self.init(
      patient: rows[row].patientID ?? "", input: rows[row].input, at: assessment.instant.milliseconds,
      hour: assessment.models[0].hour, outcome: head, first: said[0], second: said[1])
  }
}

extension ModelDifference.Said {
  fileprivate init?(_ finding: Finding) {
    guard let risk = finding.risk else { return nil }
    self.init(
      probability: risk.probability, band: risk.band, typical: finding.explanation?.typicalProbability,
      reasons: (finding.explanation?.drivers ?? []).map { driver in
        let number = driver.value.map {
          DecimalText.measured($0) + (driver.unit.map { " \(DecimalText.unit($0))" } ?? "")
        }
        return .init(title: driver.title, value: driver.words ?? number, contribution: driver.contribution)
      })
  }
}
