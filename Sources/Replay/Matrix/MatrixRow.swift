// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features

/// What one model's networks would see of one chart at one instant: a row of the matrix that data scientists take to Python.
package struct MatrixRow: Sendable {
  /// The patient's logical id; at most 64 characters (R4 datatypes.html#id).
  package let patientID: String?
  package let instant: Instant
  /// Hours since ICU admission; nil without a stay, and then no feature has a value.
  package let hour: Double?
  /// Codes of why the stay may not be assessed, such as `icu-stay-ended`; mostly none.
  package let ineligibility: [String]
  /// A number a column of the profile, the very bits that the service encodes; NaN is missing.
  package let values: [Float]

  /// Reads one chart at one instant.
  package init(_ chart: Chart, _ profile: FeatureProfile, at instant: Instant, terminology: Terminology) {
    let timeline = profile.timeline(of: chart, at: instant, terminology: terminology)
    patientID = chart.patientID
    self.instant = instant
    hour = timeline.origin.map { instant.hours(since: $0) }
    ineligibility = timeline.ineligibility.map(\.code)
    values =
      hour.map { profile.vector(timeline, atHour: $0).values }
      ?? [Float](repeating: .nan, count: profile.columns.count)
  }

  /// The rows of all charts of a reading, in its order.
  package static func rows(
    of reading: ChartReading, _ profile: FeatureProfile, at moment: Replay.Moment, terminology: Terminology,
    _ lanes: Lanes
  ) -> [MatrixRow] {
    var rows: [MatrixRow] = []
    var waiting = reading.charts.makeIterator()
    lanes.run {
      waiting.next()
    } work: { chart in
      moment.instants(of: chart, terminology).map { MatrixRow(chart, profile, at: $0, terminology: terminology) }
    } emit: { more in
      rows += more
    }
    return rows
  }
}
