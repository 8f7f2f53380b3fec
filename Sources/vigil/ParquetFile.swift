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
    // A file and no pipe: what is not there does not read, and writing to it would end this process.
    let statement = "\(path).part.sql"
    try Data(query.utf8).write(to: URL(fileURLWithPath: statement))
    defer { try? FileManager.default.removeItem(atPath: statement) }
    // 127 is what env says for a command that is not there.
    let python = "try: import duckdb, sys\nexcept ImportError: raise SystemExit(127)\nduckdb.execute(sys.stdin.read())"
    for command in [["duckdb"], ["python3", "-c", python]] {
      switch try Self.status(of: command, reading: statement) {
      case 0:
        try FileManager.default.removeItem(atPath: csv)
        return
      case 127: continue
      default: throw ExitCode(73)
      }
    }
    Failure.warn("\(path): no DuckDB (`pip install duckdb`, or ask for .csv); the rows are in \(csv)")
    throw ExitCode(69)
  }

  /// Runs a command with a file as its standard input, and gives its exit code.
  private static func status(of command: [String], reading file: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let said = Pipe()
    process.standardInput = FileHandle(forReadingAtPath: file)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = said
    try process.run()
    let words = try said.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    if process.terminationStatus != 127, let words { FileHandle.standardError.write(words) }
    return process.terminationStatus
  }

  /// A text of SQL.
  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
