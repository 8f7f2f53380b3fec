// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// A table in Parquet. Vigil has no writer of its own: DuckDB makes it of a CSV, by its command or by its Python module,
/// whichever is there.
struct ParquetFile {
  /// What a column holds, as DuckDB calls it.
  enum ColumnType: String { case text = "VARCHAR", instant = "TIMESTAMPTZ", number = "DOUBLE", float = "FLOAT" }

  let path: String

  /// Where the CSV goes meanwhile.
  var csv: String { "\(path).part.csv" }

  /// Makes the file of the CSV and removes the CSV.
  ///
  /// - Throws: exit code 69, having said what to install, when there is no DuckDB; 73 when it fails. Then the CSV stays.
  func convert(columns: [(name: String, type: ColumnType)]) throws {
    let types = columns.map { "\(Self.quoted($0.name)): '\($0.type.rawValue)'" }.joined(separator: ", ")
    let query = """
      SET TimeZone = 'UTC';
      COPY (SELECT * FROM read_csv(\(Self.quoted(csv)), header = true, columns = {\(types)}))
      TO \(Self.quoted(path)) (FORMAT parquet);
      """
    let python = ["python3", "-c", "import sys, duckdb; duckdb.execute(sys.stdin.read())"]
    for command in [["duckdb"], python] {
      guard try Self.run(command, reading: query, only: command == python ? "import duckdb" : nil) else { continue }
      try FileManager.default.removeItem(atPath: csv)
      return
    }
    Failure.warn("\(path): no DuckDB (`pip install duckdb`, or ask for .csv); the rows are in \(csv)")
    throw ExitCode(69)
  }

  /// Runs a command with a text on its standard input.
  ///
  /// - Parameter only: Python that must run first, or the command counts as absent.
  /// - Returns: false when it is absent.
  /// - Throws: exit code 73 when it fails.
  private static func run(_ command: [String], reading text: String, only test: String?) throws -> Bool {
    if let test, try status([command[0], "-c", test], reading: "", quietly: true) != 0 { return false }
    switch try status(command, reading: text, quietly: false) {
    case 0: return true
    case 127: return false
    default: throw ExitCode(73)
    }
  }

  private static func status(_ command: [String], reading text: String, quietly: Bool) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    // env says 127 for a command that is not there.
    process.standardError = quietly || command[0] == "duckdb" ? FileHandle.nullDevice : FileHandle.standardError
    try process.run()
    try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A text of SQL.
  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
