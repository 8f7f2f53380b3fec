// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Everything that is said about one patient at one instant: one finding a model, diagnosis first.
package struct Assessment: Sendable {
  /// The patient, as a bare id.
  package var patientID: String?
  /// The encounter asked about, as a bare id.
  package var encounterID: String?
  /// The instant it speaks for.
  package var instant: Instant
  /// One a model.
  package var findings: [Finding]
  /// The digest of everything that decided the answer but the chart: see `Assessor.digest`.
  package var configurationDigest: String
}
