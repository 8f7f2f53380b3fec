// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
import Features
package import Foundation

/// Offline assessment of many charts by the function that the service answers with.
///
/// Inputs, the lines of NDJSON and charts are worked on in parallel; rows come out in an order that depends on the inputs
/// alone, whatever the number of lanes.
package struct Replay: Sendable {
  /// The models and the terminology.
  package let assessor: Assessor
  package let moment: Moment
  /// The threads that read and assess.
  package let lanes: Lanes

  package init(assessor: Assessor, moment: Moment = .last, lanes: Lanes = Lanes(1)) {
    self.assessor = assessor
    self.moment = moment
    self.lanes = lanes
  }

  /// What one input gave.
  package struct Result: Sendable {
    /// One row a patient.
    package let rows: [ReplayRow]
    /// What was read, used and left aside.
    package let summary: ReplaySummary
  }

  /// Assesses every chart of every input; `emit` gets the results in order: one for each input, several for an export that
  /// does not fit in memory.
  ///
  /// - Parameters:
  ///   - held: bytes of text from which on an export is sorted by patient on disk.
  ///   - folder: the disk.
  /// - Returns: the sum of all summaries.
  /// - Throws: what `emit` throws.
  package func run<Failure: Error>(
    _ inputs: [ChartInput], held: Int = 32 << 20, folder: URL = FileManager.default.temporaryDirectory,
    emit: @escaping (Result) throws(Failure) -> Void
  ) throws(Failure) -> ReplaySummary {
    var total = ReplaySummary()
    var rest = inputs[...]
    while let input = rest.first {
      // Documents are worked on side by side, the lines and parts of an export.
      let documents = rest.prefix { !$0.isExport }
      if documents.count > 1 {
        var waiting = documents.makeIterator()
        try lanes.run { () throws(Failure) in
          waiting.next()
        } work: { input in
          result(of: ChartReading(input, lanes: lanes), in: input, lanes)
        } emit: { (result) throws(Failure) in
          try emit(result)
          total.add(result.summary)
        }
        rest = rest.dropFirst(documents.count)
      } else {
        try ChartReading.parts(of: input, lanes: lanes, held: held, folder: folder) { reading, lanes in
          result(of: reading, in: input, lanes)
        } emit: { (result) throws(Failure) in
          try emit(result)
          total.add(result.summary)
        }
        rest = rest.dropFirst()
      }
    }
    return total
  }

  /// Assesses the charts that were read; what could not be read is a problem of the summary and never ends the run.
  private func result(of reading: ChartReading, in input: ChartInput, _ lanes: Lanes) -> Result {
    var rows: [ReplayRow] = []
    rows.reserveCapacity(reading.charts.count)
    var waiting = reading.charts.makeIterator()
    lanes.run {
      waiting.next()
    } work: { chart in
      self.rows(of: chart, in: input)
    } emit: { more in
      rows += more
    }
    var summary = ReplaySummary()
    summary.add(reading)
    for row in rows { summary.add(row) }
    return Result(rows: rows, summary: summary)
  }

  private func rows(of chart: Chart, in input: ChartInput) -> [ReplayRow] {
    let instants = moment.instants(of: chart, assessor.terminology)
    func row(_ assessment: Assessment?) -> ReplayRow {
      ReplayRow(input: input.name, patientID: chart.patientID, issues: chart.issues, assessment: assessment)
    }
    return instants.isEmpty ? [row(nil)] : assessor.predict(chart, at: instants).map(row)
  }
}
