// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Judgement
import Testing

/// What the tests of this module share.
enum Samples {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  static let assessor = Result { try Assessor.load("\(root)/Profiles") }

  static func package(_ id: String) throws -> ModelPackage {
    try #require(try assessor.get().packages.first { $0.manifest.id == id })
  }

  /// A chart of resources, written as JSON.
  static func chart(_ resources: [String]) throws -> Chart {
    let entries = resources.map { "{\"resource\": \($0)}" }.joined(separator: ",")
    let bundle = "{\"resourceType\": \"Bundle\", \"type\": \"collection\", \"entry\": [\(entries)]}"
    return try #require(Chart.charts(in: [try Document(Array(bundle.utf8), syntax: .json)]).first)
  }

  /// What one model said of one outcome, and what came of it.
  struct Said: Encodable {
    var p: Double?
    var label: Bool?
    var indicator: String?
    var yes = true
    var no = true
  }

  /// What was said at one moment: by model and outcome.
  struct Row {
    /// Hour of the stay, and hours since 1970 of the moment itself.
    var hour: Int
    var at: Int
    var unit: String?
    var said: [[Said]]
    /// The admission, in milliseconds.
    var origin = 0
  }

  /// Evidence of a chart.
  static func evidence(_ patient: String, rows: [Row]) throws -> ChartEvidence {
    struct Model: Encodable {
      var hour: Int
      var origin: Int
      var said: [Said]
    }
    struct Line: Encodable {
      var at: Int
      var unit: String?
      var models: [Model]
    }
    struct Chart: Encodable {
      var patient: String
      var rows: [Line]
    }
    let lines = rows.map { row in
      Line(
        at: row.at * 3_600_000, unit: row.unit,
        models: row.said.map { Model(hour: row.hour, origin: row.origin, said: $0) })
    }
    return try JSONDecoder().decode(
      ChartEvidence.self, from: JSONEncoder().encode(Chart(patient: patient, rows: lines)))
  }

  /// Evidence of models with one outcome each: rows of an hour each of a probability and what happened.
  static func evidence(
    _ patient: String, _ rows: [[(p: Double?, label: Bool?)]], origin: Int = 0, indicator: String? = nil
  ) throws -> ChartEvidence {
    try evidence(
      patient,
      rows: rows.enumerated().map { hour, models in
        Row(
          hour: hour + 4, at: hour,
          said: models.map { [Said(p: $0.p, label: $0.label, indicator: $0.p == nil ? nil : indicator)] },
          origin: origin)
      })
  }
}
