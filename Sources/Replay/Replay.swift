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

  /// The most parts of one input: of an export that is sorted on disk each, and what belongs to nobody.
  package static let mostParts = PatientParts.count + 1

  /// How far a run has come: where a later one goes on.
  package struct Position: Codable, Sendable, Equatable {
    /// Inputs that are done.
    package var inputs = 0
    /// Parts of the next one that are done.
    package var parts = 0

    package init() {}
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
    try run(inputs, held: held, folder: folder) { _, _ in
    } emit: { (result, _, _) throws(Failure) in
      try emit(result)
      total.add(result.summary)
    }
    return total
  }

  /// The same with what `keep` makes of each chart, by several threads at once, and from a position on.
  ///
  /// - Parameters:
  ///   - position: where an earlier run had come to. What it had read must be the same still.
  ///   - read: called with the length of each chunk of an export while it is read, before the first of its results.
  ///   - emit: gets a result, what was kept of its charts in their order, and the position after it; nil between the results
  ///     of one part, which are done together.
  package func run<Kept: Sendable, Failure: Error>(
    _ inputs: [ChartInput], from position: Position = Position(), held: Int = 32 << 20,
    folder: URL = FileManager.default.temporaryDirectory, read: @escaping @Sendable (Int) -> Void = { _ in },
    keep: @escaping @Sendable (Chart, [ReplayRow]) -> Kept,
    emit: @escaping (Result, [Kept], Position?) throws(Failure) -> Void
  ) throws(Failure) {
    var position = position
    var rest = inputs.dropFirst(position.inputs)
    while let input = rest.first {
      // Documents are worked on side by side, the lines and parts of an export.
      let documents = position.parts > 0 ? [] : rest.prefix { !$0.isExport }
      if documents.count > 1 {
        var waiting = documents.makeIterator()
        try lanes.run { () throws(Failure) in
          waiting.next()
        } work: { input in
          result(of: ChartReading(input, lanes: lanes), in: input, lanes, keep)
        } emit: { (result) throws(Failure) in
          position.inputs += 1
          try emit(result.0, result.1, position)
        }
        rest = rest.dropFirst(documents.count)
      } else {
        try ChartReading.parts(of: input, from: position.parts, lanes: lanes, held: held, folder: folder, read: read) {
          reading, lanes in
          result(of: reading, in: input, lanes, keep)
        } emit: { (results) throws(Failure) in
          position.parts += 1
          for (index, result) in results.enumerated() {
            try emit(result.0, result.1, index + 1 == results.count ? position : nil)
          }
        }
        (position.inputs, position.parts) = (position.inputs + 1, 0)
        rest = rest.dropFirst()
      }
    }
  }

  /// Assesses the charts that were read; what could not be read is a problem of the summary and never ends the run.
  private func result<Kept: Sendable>(
    of reading: ChartReading, in input: ChartInput, _ lanes: Lanes, _ keep: @Sendable (Chart, [ReplayRow]) -> Kept
  ) -> (Result, [Kept]) {
    var rows: [ReplayRow] = []
    var kept: [Kept] = []
    rows.reserveCapacity(reading.charts.count)
    var waiting = reading.charts.makeIterator()
    withoutActuallyEscaping(keep) { keep in
      lanes.run {
        waiting.next()
      } work: { chart in
        let rows = self.rows(of: chart, in: input)
        return (rows, keep(chart, rows))
      } emit: { more in
        rows += more.0
        kept.append(more.1)
      }
    }
    var summary = ReplaySummary()
    summary.add(reading)
    for row in rows { summary.add(row) }
    return (Result(rows: rows, summary: summary), kept)
  }

  private func rows(of chart: Chart, in input: ChartInput) -> [ReplayRow] {
    let instants = moment.instants(of: chart, assessor.terminology)
    func row(_ assessment: Assessment?) -> ReplayRow {
      ReplayRow(input: input.name, patientID: chart.patientID, issues: chart.issues, assessment: assessment)
    }
    return instants.isEmpty ? [row(nil)] : assessor.predict(chart, at: instants).map(row)
  }
}
