// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Replay

extension ChartReading {
  /// Reads the inputs at each path in turn; what is refused is said on standard error. `body` gets each in one part or more.
  ///
  /// - Throws: what `body` throws; exit code 66 when an input cannot be opened, 65 after the last one when something in
  ///   them was refused.
  static func each(of paths: [String], _ body: @escaping (ChartInput, ChartReading) throws -> Void) throws {
    try each(of: paths, work: { _, _ in }, { input, reading, _ in try body(input, reading) })
  }

  /// The same with work on each part, which is done by several threads at once; `body` gets its results in order.
  static func each<Value: Sendable>(
    of paths: [String], work: @escaping @Sendable (ChartReading, Lanes) -> Value,
    _ body: @escaping (ChartInput, ChartReading, Value) throws -> Void
  ) throws {
    var refused = Tally()
    for path in paths {
      for input in try opened({ () throws(ReplayError) in try ChartInput.inputs(at: path) }) {
        var (charts, problems, issues) = (0, Tally(), [Issue]())
        try ChartReading.parts(of: input, lanes: .all) { reading, lanes in
          (reading, work(reading, lanes))
        } emit: { (parts) throws(any Error) in
          for (reading, value) in parts {
            for problem in reading.problems { Failure.warn("\(problem.file): \(problem.error)") }
            charts += reading.charts.count
            problems.add(reading.refused)
            issues += reading.issues.prefix(10 - issues.count)
            try body(input, reading, value)
          }
        }
        if charts == 0, problems.total == 0 {
          Failure.warn("\(input.name): no patient's chart is in it")
          for issue in issues { Failure.warn("\(input.name): \(issue.text) (\(issue.path ?? "$"))") }
        }
        refused.add(problems)
      }
    }
    if let code = Failure.code(refused) { throw code }
  }

  private static func opened<Value>(_ open: () throws(ReplayError) -> Value) throws -> Value {
    do throws(ReplayError) {
      return try open()
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
  }
}
