// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Features
import Foundation
import Replay
import Testing

/// The matrix that data scientists take to Python: the same numbers as the networks see, in every form.
@Suite struct FeatureMatrixTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "matrix-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func rows(_ moment: Replay.Moment) throws -> (FeatureProfile, [MatrixRow]) {
    let assessor = try Samples.assessor.get()
    let profile = try #require(assessor.packages.first { $0.manifest.id == "icu-prognosis" }).profile
    var rows: [MatrixRow] = []
    for name in ["septic-deterioration", "child"] {
      for input in try ChartInput.inputs(at: Samples.path("\(name).json")) {
        rows += MatrixRow.rows(
          of: ChartReading(input, lanes: Lanes(2)), profile, at: moment, terminology: assessor.terminology, Lanes(2))
      }
    }
    return (profile, rows)
  }

  /// A number's bytes, the least first.
  private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  @Test func aRowHoldsTheBitsThatTheAssessmentSees() throws {
    let assessor = try Samples.assessor.get()
    let (profile, rows) = try rows(.last)
    let reading = ChartReading(
      try #require(try ChartInput.inputs(at: Samples.path("septic-deterioration.json")).first), lanes: Lanes(1))
    let chart = try #require(reading.charts.first)
    let assessed = assessor.predict(chart, at: try #require(chart.lastInstant))
    let model = try #require(assessed.models.first { $0.model.id == "icu-prognosis" })
    #expect(rows.count == 2)
    #expect(rows[0].values.map(\.bitPattern) == model.vector?.values.map(\.bitPattern))
    #expect(rows[0].hour == model.hour && rows[0].ineligibility.isEmpty)
    #expect(rows[1].ineligibility.contains("too-young"), "\(rows[1].ineligibility)")
    #expect(rows[0].values.count == profile.columns.count)
  }

  @Test func csvReadsBackAsTheSameFloats() throws {
    let (profile, rows) = try rows(.eachHour)
    let path = folder.appending(path: "m.csv").path
    var writer = try FeatureMatrixCSV(path: path, columns: profile.columns.map(\.id))
    try writer.append(Array(rows.prefix(3)))
    try writer.append(Array(rows.dropFirst(3)))
    try writer.finish()
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == rows.count + 1 && rows.count > 40)
    let header: [String] = lines[0].split(separator: ",").dropFirst(4).map(String.init)
    #expect(header == profile.columns.map(\.id))
    for (line, row) in zip(lines.dropFirst(), rows) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(String(fields[0]) == row.patientID ?? "" && String(fields[1]) == row.instant.description)
      for (field, value) in zip(fields.dropFirst(4), row.values) {
        #expect(field.isEmpty ? value.isNaN : Float(field)?.bitPattern == value.bitPattern)
      }
    }
  }

  /// The arrays by NumPy's own description of its format, read here without it.
  @Test func npzHoldsTheArraysAsNumPyDescribesThem() throws {
    let (profile, rows) = try rows(.last)
    let path = folder.appending(path: "m.npz").path
    var writer = try FeatureMatrixNPZ(path: path, columns: profile.columns.map(\.id))
    for row in rows { try writer.append([row]) }
    try writer.finish()
    let archive = try ZipArchive(path: path, limits: .files)
    let names = ["at", "columns", "features", "hour", "ineligible", "patient"].map { $0 + ".npy" }
    #expect(archive.names.sorted() == names)
    func array(_ name: String) throws -> (header: String, data: [UInt8]) {
      let stream = try archive.stream(of: try #require(archive.names.firstIndex(of: "\(name).npy")))
      let bytes = try stream.rest(limit: .max)
      #expect(bytes.prefix(8) == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] && bytes[8] == 118 && bytes[127] == 10)
      return (String(decoding: bytes[10..<128], as: UTF8.self), Array(bytes.dropFirst(128)))
    }
    let features = try array("features")
    #expect(features.header.contains("'descr': '<f4', 'fortran_order': False, 'shape': (2, \(profile.columns.count))"))
    #expect(features.data == rows.flatMap(\.values).flatMap { Self.bytes(UInt64($0.bitPattern), 4) })
    let patients = try array("patient")
    #expect(patients.header.contains("'<U64'") && patients.data.count == 2 * 64 * 4)
    let points = stride(from: 0, to: 256, by: 4).map { patients.data[$0] }.prefix { $0 != 0 }
    #expect(String(decoding: points, as: UTF8.self) == rows[0].patientID)
    let instants = try array("at").data
    #expect(Array(instants.prefix(8)) == Self.bytes(UInt64(rows[0].instant.milliseconds), 8))
    #expect(try array("columns").header.contains("'shape': (\(profile.columns.count),)"))
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
  }

  @Test func theDictionaryCountsWhatIsMissing() throws {
    let (profile, rows) = try rows(.eachHour)
    var dictionary = FeatureDictionary(profile)
    for row in rows { dictionary.add(row) }
    let lines = dictionary.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(lines.count == profile.columns.count + 1)
    // A column that some rows have and others do not.
    let observations = profile.columns.indices.map { column in rows.filter { $0.values[column].isFinite }.count }
    let place = try #require(observations.firstIndex { $0 > 0 && $0 < rows.count })
    let observed = observations[place]
    let id = profile.columns[place].id
    let line = try #require(lines.first { String($0[0]) == id })
    // Titles hold a comma and are quoted, so fields are counted from the end.
    let counted: [String] = line.suffix(6).prefix(2).map(String.init)
    #expect(counted == ["\(rows.count)", "\(rows.count - observed)"])
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("-2.5", "-2.5"), ("@a", "'@a"), ("a,b", "\"a,b\""), ("", ""), ("+x\ny", "\"'+x\ny\""),
    ("say \"x\"", "\"say \"\"x\"\"\""),
  ])
  func noFieldIsAFormula(text: String, field: String) {
    #expect(CSV.field(text) == field)
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let path = folder.appending(path: "none/m.npz").path
    #expect(throws: ReplayError.unwritable(path)) { try FeatureMatrixNPZ(path: path, columns: ["a"]) }
  }
}
