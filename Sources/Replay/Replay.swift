// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR

/// Offline assessment of many charts by the function that the service answers with.
///
/// Inputs are read and assessed in parallel; rows come out in the order of the inputs, whatever the number of jobs.
package struct Replay: Sendable {
  /// At which instant a chart is assessed.
  package enum Moment: Sendable, Equatable {
    /// The last moment that the chart tells of.
    case last
    case instant(Instant)
  }

  /// The models and the terminology.
  package let assessor: Assessor
  package let moment: Moment
  /// How many inputs are worked on at once; at least 1.
  package let jobs: Int

  package init(assessor: Assessor, moment: Moment = .last, jobs: Int = 1) {
    self.assessor = assessor
    self.moment = moment
    self.jobs = max(1, jobs)
  }

  /// What one input gave.
  package struct Result: Sendable {
    /// One row a patient.
    package let rows: [ReplayRow]
    /// What was read, used and left aside.
    package let summary: ReplaySummary
  }

  /// Assesses every chart of every input; `emit` gets each input's result, in order.
  ///
  /// - Returns: the sum of all summaries.
  /// - Throws: `CancellationError`, or what `emit` throws.
  package func run(_ inputs: [ChartInput], emit: (Result) throws -> Void) async throws -> ReplaySummary {
    var total = ReplaySummary()
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var waiting = inputs.enumerated().makeIterator()
      var done: [Int: Result] = [:]
      var next = 0
      func startOne() {
        guard let (place, input) = waiting.next() else { return }
        group.addTask { (place, result(of: input)) }
      }
      for _ in 0..<jobs { startOne() }
      while let (place, result) = try await group.next() {
        try Task.checkCancellation()
        done[place] = result
        startOne()
        while let ready = done.removeValue(forKey: next) {
          try emit(ready)
          total.add(ready.summary)
          next += 1
        }
      }
    }
    return total
  }

  /// Assesses the charts of one input; what cannot be opened is a problem of the summary and never ends the run.
  package func result(of input: ChartInput) -> Result {
    var summary = ReplaySummary()
    let reading: ChartReading
    do throws(ReplayError) {
      reading = try ChartReading(input)
    } catch {
      summary.addUnreadable()
      return Result(rows: [], summary: summary)
    }
    summary.add(reading)
    let rows = reading.charts.map { row(of: $0, in: input) }
    for row in rows { summary.add(row) }
    return Result(rows: rows, summary: summary)
  }

  private func row(of chart: Chart, in input: ChartInput) -> ReplayRow {
    let instant: Instant? =
      switch moment {
      case .last: chart.lastInstant
      case .instant(let instant): instant
      }
    return ReplayRow(
      input: input.name, patientID: chart.patientID, issues: chart.issues,
      assessment: instant.map { assessor.assess(chart, at: $0) })
  }
}
