// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Everything that is said about one patient at one instant, model by model, diagnosis first.
package struct Assessment: Sendable {
  /// The patient, as a bare id.
  package var patientID: String?
  /// The encounter asked about, as a bare id.
  package var encounterID: String?
  /// The instant it speaks for.
  package var instant: Instant
  /// What each model says.
  package var models: [ModelAssessment]
  /// The digest of everything that decided the answer but the chart: see `Assessor.digest`.
  package var configurationDigest: String
  /// Resources that were handed over and left out of the chart, with the reason: a clinician should know that the
  /// answer does not rest on them.
  package var leftOut: [LeftOut] = []

  /// All findings, by model and outcome.
  package var findings: [Finding] { models.flatMap(\.findings) }

  /// When the stay began that the models speak of; nil where the chart does not say.
  var stayOrigin: Instant? { models.lazy.compactMap(\.origin).first }

  /// Resources left out for one reason.
  package struct LeftOut: Sendable, Equatable {
    /// The issue's permanent code, such as `no-subject`.
    package var code: String
    /// One line for people.
    package var text: String
    /// How many.
    package var count: Int
  }
}

extension Chart {
  /// What is missing from the chart and matters, by reason, in order of first appearance; a version that another replaced
  /// is not missing.
  var leftOut: [Assessment.LeftOut] {
    var counts: [Assessment.LeftOut] = []
    for issue in issues where issue.severity != .information {
      if let place = counts.firstIndex(where: { $0.code == issue.code }) {
        counts[place].count += 1
      } else {
        counts.append(Assessment.LeftOut(code: issue.code, text: issue.text, count: 1))
      }
    }
    return counts
  }
}
