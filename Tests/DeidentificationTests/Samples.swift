// SPDX-License-Identifier: Apache-2.0
import Deidentification
import FHIR
import Foundation

/// What the tests of this module share.
enum Samples {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  static let instant = Instant(milliseconds: 1_773_321_600_000)
  static let vocabulary = Result { Vocabulary(try Terminology(directory: "\(root)/Profiles/terminology")) }
  static let key = DeidentificationKey(bytes: [UInt8](repeating: 7, count: 32))

  static let charts = [
    "septic-deterioration", "stable-postoperative", "sparse", "wrong-units", "foreign-codes", "outpatient", "child",
    "early", "mixed-patients",
  ]

  static func chart(_ name: String) throws -> Document {
    try Document(Array(try Data(contentsOf: URL(filePath: "\(root)/FixturesFHIR/\(name).json"))), syntax: .json)
  }

  /// A copy of a resource or Bundle.
  static func copy(
    _ node: Node, key: DeidentificationKey = key, patient: String = "p", client: String = "",
    at instant: Instant = instant
  ) throws -> JSON {
    var copy = Deidentifier(key, try vocabulary.get(), patient: patient, client: client, at: instant)
    copy.prepare([node])
    return copy.resource(node) ?? .null
  }

  static func copy(_ json: JSON, at instant: Instant = instant) throws -> JSON {
    try copy(try Document(json.encoded(), syntax: .json).root, at: instant)
  }

  /// Whether a text stands anywhere in a value.
  static func holds(_ json: JSON, _ text: String) -> Bool { Data(json.encoded()).range(of: Data(text.utf8)) != nil }

  /// Every text in a value.
  static func texts(_ json: JSON) -> [String] {
    switch json {
    case .string(let text): [text]
    case .array(let entries): entries.flatMap(texts)
    case .object(let members): members.flatMap { texts($0.value) }
    case .number, .boolean, .null: []
    }
  }
}
