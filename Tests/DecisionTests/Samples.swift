// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Networks

/// What the tests of this module share: the project's own profiles, terminology and charts, and small random models.
enum Samples {
  /// The package's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static let terminology = try? Terminology(directory: "\(root)/Profiles/terminology")

  static let charts = [
    "septic-deterioration", "stable-postoperative", "sparse", "wrong-units", "foreign-codes", "outpatient", "child",
    "early",
  ]

  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)")))
  }

  static func chart(_ name: String, _ syntax: Syntax = .json) throws -> Chart {
    let document = try Document(try bytes("FixturesFHIR/\(name).\(syntax == .json ? "json" : "xml")"), syntax: syntax)
    return Chart(resources: [document.root], patientID: nil)
  }

  static func manifest(_ kind: ModelManifest.Kind) -> ModelManifest {
    ModelManifest(
      id: "test-\(kind.rawValue)", version: "1.0.0", title: "Test \(kind.rawValue)", kind: kind,
      outcome: .init(
        code: "91302008", system: "http://snomed.info/sct", display: "Sepsis",
        summary: kind == .diagnosis ? "Sepsis risk in the next 6 h" : "Risk of death in hospital",
        horizonHours: kind == .diagnosis ? 6 : nil),
      head: "outcome",
      bands: [.init(name: "low", from: 0), .init(name: "moderate", from: 0.2), .init(name: "high", from: 0.4)],
      intendedUse: "For tests; never the sole ground of a decision.", publisher: "Vigil")
  }

  static func encoding(_ profile: FeatureProfile) -> InputEncoding {
    InputEncoding(
      inputs: profile.columns.map {
        .init(column: $0.id, lower: -1e6, upper: 1e6, mean: 0, standardDeviation: 100)
      }, flagged: profile.columns.prefix(3).map(\.id), clip: 5)
  }

  static func ensemble(_ encoding: InputEncoding, seed: UInt64) -> Ensemble {
    let architecture = NetworkArchitecture(
      inputs: encoding.width, hidden: [4], heads: [Head(name: "outcome", kind: .sigmoid)])
    var random = RandomSource(seed: seed)
    return Ensemble((0..<3).map { _ in Network(architecture, random: &random) })
  }

  /// A package of a project profile and a small random ensemble.
  static func package(_ kind: ModelManifest.Kind, seed: UInt64 = 1) throws -> ModelPackage {
    let profile = try JSONDecoder().decode(
      FeatureProfile.self, from: Data(try bytes("Profiles/features/icu-\(kind.rawValue).json")))
    let plan = try Document(try bytes("Profiles/recommendations/icu-\(kind.rawValue).json"), syntax: .json)
    let encoding = encoding(profile)
    return try ModelPackage(
      manifest: manifest(kind), profile: profile, encoding: encoding, ensemble: ensemble(encoding, seed: seed),
      calibration: PlattScaling(slope: 0.9, intercept: -0.1), plan: try PlanDefinition(plan), digest: "0123456789abcdef"
    )
  }

  /// The assessor of both small models, made once.
  static func assessor() throws -> Assessor { try made.get() }

  private static let made = Result { try newAssessor() }

  static func newAssessor() throws -> Assessor {
    Assessor(
      packages: [try package(.diagnosis), try package(.prognosis, seed: 2)],
      terminology: try Terminology(directory: "\(root)/Profiles/terminology"))
  }

  /// Hour 48 of the stay, or a fixed instant where the chart has no stay.
  static func instant(_ chart: Chart, _ assessor: Assessor) -> Instant {
    let fallback = Instant("2026-03-03T12:00:00Z") ?? Instant(milliseconds: 0)
    let late = fallback.advanced(byHours: 24 * 365 * 10)
    return assessor.assess(chart, at: late).findings.lazy.compactMap(\.origin).first?.advanced(byHours: 48) ?? fallback
  }

  /// Writes a package as training does, into a new folder that is removed after `body`.
  static func withPackageFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let package = try package(.diagnosis)
    let encoder = JSONEncoder()
    let files: [(String, Data)] = [
      ("manifest.json", try encoder.encode(package.manifest)),
      ("feature-profile.json", Data(try bytes("Profiles/features/icu-diagnosis.json"))),
      ("encoding.json", try encoder.encode(package.encoder.encoding)),
      ("weights.safetensors", Data(try package.ensemble.safeTensors().encoded())),
      ("calibration.json", try encoder.encode(package.calibration)),
      ("plan-definition.json", Data(try bytes("Profiles/recommendations/icu-diagnosis.json"))),
      ("evaluation.json", Data("{}".utf8)), ("model-card.json", Data("{}".utf8)),
    ]
    for (name, data) in files { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    try PackageSeal.seal(folder)
    return try body(folder)
  }
}
