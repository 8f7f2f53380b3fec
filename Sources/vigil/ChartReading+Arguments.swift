// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Replay

extension ChartReading {
  /// Reads the inputs at each path in turn; what is refused is said on standard error.
  ///
  /// - Throws: what `body` throws; exit code 66 when an input cannot be opened, 65 after the last one when something in
  ///   them was refused.
  static func each(of paths: [String], _ body: (ChartInput, ChartReading) throws -> Void) throws {
    var refused = Tally()
    for path in paths {
      for input in try opened({ () throws(ReplayError) in try ChartInput.inputs(at: path) }) {
        let reading = ChartReading(input, lanes: .all)
        for problem in reading.problems { Failure.warn("\(problem.file): \(problem.error)") }
        refused.add(reading.refused)
        if reading.charts.isEmpty, reading.refused.total == 0 {
          Failure.warn("\(input.name): no patient's chart is in it")
          for issue in reading.issues.prefix(10) { Failure.warn("\(input.name): \(issue.text) (\(issue.path ?? "$"))") }
        }
        try body(input, reading)
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
