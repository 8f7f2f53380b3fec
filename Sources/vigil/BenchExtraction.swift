// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Foundation

/// `vigil bench extraction`: how fast patient, code, value, unit and time are taken out of Observations.
struct BenchExtraction: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extraction", abstract: "Take patient, code, value, unit and time out of NDJSON Observations.",
    discussion: """
      Example: vigil bench extraction Observation.ndjson --jobs 1
               python3 docs/bench/extraction.py Observation.ndjson

      Every line is checked whole and its five elements are read: the subject's reference, the first code, the quantity's value and
      unit, effectiveDateTime. Rows, the sum of the values and the lengths of the texts are printed, by which others that do the
      same can be compared; docs/bench/extraction.py runs DuckDB and Spark on the same file.

      Exit codes: 0 measured, 64 wrong usage, 66 the file cannot be opened.
      """)

  @Argument(help: "File of Observations.") var file: String
  @Option(help: "Threads.") var jobs = 1

  func run() throws {
    let start = ContinuousClock.now
    var (rows, sum, lengths) = (0, 0.0, 0)
    let stream: ByteStream
    do throws(FHIRError) {
      stream = try ByteStream(path: file)
      try NDJSON(limits: .files, lanes: Lanes(jobs)).read(stream) { lines in
        ObservationColumns(lines)
      } emit: { columns in
        rows += columns.count
        for value in columns.values { sum += value ?? 0 }
        for texts in [columns.subjects, columns.codes, columns.units, columns.times] { lengths += texts.bytes.count }
      }
    } catch {
      throw Failure.noInput("\(file): \(error)").exit()
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    print(
      "{\"rows\": \(rows), \"sum\": \(sum), \"lengths\": \(lengths), \"seconds\": \(seconds), \"bytes\": \(stream.taken)}"
    )
  }
}
