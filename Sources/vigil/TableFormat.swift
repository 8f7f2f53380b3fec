// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import FHIR
import Foundation
import Replay

/// How the rows of a replay are written.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
  /// An object a patient and moment.
  case ndjson
  /// A line a finding.
  case csv
  /// The lines of CSV, as DuckDB writes them.
  case parquet
  /// A FHIR RiskAssessment a finding.
  case riskAssessment = "risk-assessment"

  /// What the end of a file's name asks for.
  init(path: String?) {
    self =
      switch path.map({ URL(fileURLWithPath: $0).pathExtension }) {
      case "csv": .csv
      case "parquet": .parquet
      default: .ndjson
      }
  }

  /// The columns of a Parquet file: numbers but for these.
  static var parquetColumns: [(name: String, type: ParquetFile.ColumnType)] {
    let texts = ["input", "patient", "model", "version", "outcome", "band", "not_assessed"]
    return ReplayRow.csvColumns.map { ($0, $0 == "at" ? .instant : texts.contains($0) ? .text : .number) }
  }

  /// What stands before the rows.
  var header: String { self == .csv || self == .parquet ? ReplayRow.csvColumns.joined(separator: ",") + "\n" : "" }

  /// Whether a row has a place for what the models were given.
  var hasProvenance: Bool { self == .ndjson || self == .riskAssessment }

  /// The lines of a row.
  ///
  /// - Parameter assessor: who assessed, where the row is to say what the models were given.
  func lines(_ row: ReplayRow, provenanceBy assessor: Assessor?) -> [UInt8] {
    switch self {
    case .ndjson: (assessor.map { row.jsonWithProvenance(by: $0) } ?? row.json.encoded()) + [UInt8(ascii: "\n")]
    case .csv, .parquet: Array(row.csvLines.map { $0 + "\n" }.joined().utf8)
    case .riskAssessment:
      (assessor == nil ? row.assessment?.riskAssessments : row.assessment?.riskAssessmentsWithProvenance)
        .map { $0.flatMap { $0.encoded() + [UInt8(ascii: "\n")] } } ?? []
    }
  }
}
