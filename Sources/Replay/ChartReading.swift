// SPDX-License-Identifier: Apache-2.0
import CDSHooks
package import FHIR

/// A part of an input that was refused; the rest goes on.
package struct InputProblem: Sendable, Equatable {
  /// The file.
  package let file: String
  /// Code, line, byte and path, never the text itself.
  package let error: FHIRError
}

/// What an input held, or a part of its patients: their charts, and what was refused.
package struct ChartReading: Sendable {
  /// One chart a patient, in order of first appearance.
  package let charts: [Chart]
  /// What was left out of the charts and why, each once.
  package let issues: [Issue]
  /// Documents read.
  package let documents: Int
  /// Bytes read, unpacked.
  package let bytes: Int
  /// Documents and lines that were refused, by code.
  package let refused: Tally
  /// The first of them, each with its place.
  package let problems: [InputProblem]

  /// How many problems are kept with their place; all are counted.
  static let problemsKept = 100

  /// Reads every file of an input. A hook request counts as the chart its prefetch holds.
  ///
  /// NDJSON is parsed as it comes, on all lanes, and of its resources only those are kept that a chart reads.
  ///
  /// - Parameter share: the patients whose lines of NDJSON are kept.
  package init(
    _ input: ChartInput, limits: Limits = .files, lanes: Lanes, share: PatientShare = PatientShare(0, of: 1)
  ) {
    let intake = ChartIntake(limits: limits, lanes: lanes, share: share)
    for file in input.files { intake.read(file) }
    self.init(intake)
  }

  /// What an intake has in memory.
  init(_ intake: ChartIntake, beside shared: Gathering = Gathering()) {
    documents = intake.documents
    bytes = intake.bytes
    refused = intake.refused
    problems = intake.problems
    if let request = intake.hookRequest {
      charts = [Chart(resources: request.prefetch.flatMap(\.resources), patientID: request.context.patientID)]
      issues = charts[0].issues
    } else {
      var gathering = intake.gathering
      charts = gathering.charts()
      issues = gathering.issues(beyond: shared)
    }
  }

  /// What was read of an input that is too large for memory, without the charts: they come in parts.
  init(before parts: ChartIntake) {
    charts = []
    documents = parts.documents
    bytes = parts.bytes
    refused = parts.refused
    problems = parts.problems
    var shared = parts.gathering
    _ = shared.charts()
    issues = shared.issues
  }
}
