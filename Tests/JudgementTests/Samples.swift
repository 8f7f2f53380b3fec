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

  /// Evidence of one model with one outcome: patients with rows of a probability and what happened.
  static func evidence(
    _ patient: String, _ rows: [[(p: Double?, label: Bool?)]], origin: Int = 0, indicator: String? = nil
  ) throws -> ChartEvidence {
    let made = rows.enumerated().map { hour, models in
      let said = models.map { said in
        let p = said.p.map { "\"p\": \($0)," } ?? ""
        let label = said.label.map { ", \"label\": \($0)" } ?? ""
        let card = indicator.map { ", \"indicator\": \"\($0)\"" } ?? ""
        return
          "{\"hour\": \(hour + 4), \"origin\": \(origin), \"said\": [{\(p) \"yes\": true, \"no\": true\(label)\(card)}]}"
      }
      return "{\"at\": \(hour * 3_600_000), \"models\": [\(said.joined(separator: ","))]}"
    }
    let text = "{\"patient\": \"\(patient)\", \"rows\": [\(made.joined(separator: ","))]}"
    return try JSONDecoder().decode(ChartEvidence.self, from: Data(text.utf8))
  }
}
