// SPDX-License-Identifier: Apache-2.0
import CDSHooks
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

  static let survivalEnds: [Double] = [30, 120, 365]

  /// Two outcomes of the diagnosis, the second low in every chart unless a test gives it other bands; the prognosis has one
  /// and a survival curve.
  static func manifest(_ kind: ModelManifest.Kind) -> ModelManifest {
    let bands: [ModelManifest.Band] = [
      .init(name: "low", from: 0), .init(name: "moderate", from: 0.2), .init(name: "high", from: 0.4),
    ]
    let sepsis = ModelManifest.Outcome(
      head: "sepsis", code: "91302008", system: "http://snomed.info/sct", display: "Sepsis",
      summary: "Sepsis risk in the next 6 h", horizonHours: 6, definition: "Sepsis as labelled.", bands: bands)
    let kidney = ModelManifest.Outcome(
      head: "aki", code: "14669001", system: "http://snomed.info/sct", display: "Acute kidney injury",
      summary: "Risk of acute kidney injury within 24 h", horizonHours: 24, definition: "Kidney injury as labelled.",
      bands: [.init(name: "low", from: 0), .init(name: "high", from: 0.9999)])
    let death = ModelManifest.Outcome(
      head: "death", code: "419099009", system: "http://snomed.info/sct", display: "Dead",
      summary: "Risk of death in hospital", definition: "Death as labelled.", bands: bands)
    return ModelManifest(
      id: "test-\(kind.rawValue)", version: "1.0.0", title: "Test \(kind.rawValue)", kind: kind,
      outcomes: kind == .diagnosis ? [sepsis, kidney] : [death],
      survival: kind == .diagnosis ? nil : .init(head: "survival", binEnds: survivalEnds, horizonDays: 365),
      intendedUse: "For tests; never the sole ground of a decision.", publisher: "Vigil")
  }

  static func heads(_ kind: ModelManifest.Kind) -> [Head] {
    switch kind {
    case .diagnosis: [Head(name: "sepsis", kind: .sigmoid), Head(name: "aki", kind: .sigmoid)]
    case .prognosis:
      [Head(name: "death", kind: .sigmoid), Head(name: "survival", kind: .hazard, outputs: 3, initialBias: -2)]
    }
  }

  static func calibrations(_ kind: ModelManifest.Kind) -> [String: PlattScaling] {
    let scaling = PlattScaling(slope: 0.9, intercept: -0.1)
    return Dictionary(uniqueKeysWithValues: manifest(kind).outcomes.map { ($0.head, scaling) })
  }

  /// Sets that admit yes from 20 % on and no up to 60 %, for women from 30 % on.
  static func conformal(_ kind: ModelManifest.Kind) throws -> [String: ConformalSet] {
    let text = """
      {"coverage": 0.9, "yes": {"least": -1.3862943611198906, "offsets": {"sex:female": 0.5389965007326869}},
      "no": {"least": -0.4054651081081644, "offsets": {}}}
      """
    let set = try JSONDecoder().decode(ConformalSet.self, from: Data(text.utf8))
    return Dictionary(uniqueKeysWithValues: manifest(kind).outcomes.map { ($0.head, set) })
  }

  /// The distributions of the vectors of two of our charts at two hundred hours, each fitted once.
  static let distributions: [ModelManifest.Kind: FeatureDistribution] = {
    var made: [ModelManifest.Kind: FeatureDistribution] = [:]
    for kind in ModelManifest.Kind.allCases { made[kind] = try? distribution(profile(kind)) }
    return made
  }()

  private static func distribution(_ profile: FeatureProfile) throws -> FeatureDistribution {
    let terminology = try Terminology(directory: "\(root)/Profiles/terminology")
    var values: [Float] = []
    for name in ["septic-deterioration", "stable-postoperative"] {
      let chart = try chart(name)
      let timeline = profile.timeline(
        of: chart, at: chart.lastInstant ?? Instant(milliseconds: 0), terminology: terminology)
      for vector in profile.trajectory(timeline, atHours: (1...100).map { 4 + 0.44 * Double($0) }) {
        values += vector.values
      }
    }
    let columns = profile.columns.count
    return try FeatureDistribution(
      fitting: Matrix(rows: values.count / columns, columns: columns, values: values), profile: profile)
  }

  /// The same distribution with another alarm: two charts are too few for one that means anything.
  static func distribution(_ kind: ModelManifest.Kind, alarm: Double) throws -> FeatureDistribution {
    let data = try JSONEncoder().encode(distributions[kind])
    var json = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    json["alarm"] = alarm
    return try JSONDecoder().decode(FeatureDistribution.self, from: try JSONSerialization.data(withJSONObject: json))
  }

  static func profile(_ kind: ModelManifest.Kind) throws -> FeatureProfile {
    try JSONDecoder().decode(
      FeatureProfile.self, from: Data(try bytes("Profiles/features/icu-\(kind.rawValue).json")))
  }

  static func encoding(_ profile: FeatureProfile) -> InputEncoding {
    InputEncoding(
      inputs: profile.columns.map {
        .init(column: $0.id, scale: .init(lower: -1e6, upper: 1e6, mean: 0, standardDeviation: 100))
      }, flagged: profile.columns.prefix(3).map(\.id), clip: 5)
  }

  static func ensemble(_ encoding: InputEncoding, _ kind: ModelManifest.Kind, seed: UInt64) -> Ensemble {
    let architecture = NetworkArchitecture(inputs: encoding.width, hidden: [4], heads: heads(kind))
    var random = RandomSource(seed: seed)
    return Ensemble((0..<3).map { _ in Network(architecture, random: &random) })
  }

  /// A package of a project profile and a small random ensemble.
  static func package(
    _ kind: ModelManifest.Kind, seed: UInt64 = 1, alarm: Double = 1000,
    _ change: (inout ModelManifest) -> Void = { _ in }
  ) throws -> ModelPackage {
    let profile = try profile(kind)
    let plan = try Document(try bytes("Profiles/recommendations/icu-\(kind.rawValue).json"), syntax: .json)
    let encoding = encoding(profile)
    var manifest = manifest(kind)
    change(&manifest)
    return try ModelPackage(
      manifest: manifest, profile: profile, encoding: encoding, ensemble: ensemble(encoding, kind, seed: seed),
      calibrations: calibrations(kind), conformal: try conformal(kind),
      distribution: try distribution(kind, alarm: alarm),
      plan: try PlanDefinition(plan), digest: "0123456789abcdef")
  }

  /// The assessor of both small models, made once.
  static func assessor() throws -> Assessor { try made.get() }

  private static let made = Result { try newAssessor() }

  static func newAssessor() throws -> Assessor {
    let packages = [try package(.diagnosis), try package(.prognosis, seed: 2)]
    let terminology = try Terminology(directory: "\(root)/Profiles/terminology")
    return Assessor(
      packages: packages, terminology: terminology,
      services: try ServiceCatalog(
        try ServiceDefinition.load("\(root)/Profiles/services"), profiles: packages.map(\.profile),
        terminology: terminology))
  }

  /// Hour 48 of the stay, or a fixed instant where the chart has no stay.
  static func instant(_ chart: Chart, _ assessor: Assessor) -> Instant {
    let fallback = Instant("2026-03-03T12:00:00Z") ?? Instant(milliseconds: 0)
    let late = fallback.advanced(byHours: 24 * 365 * 10)
    return assessor.predict(chart, at: late).models.lazy.compactMap(\.origin).first?.advanced(byHours: 48) ?? fallback
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
      ("calibration.json", try encoder.encode(calibrations(.diagnosis))),
      ("conformal.json", try encoder.encode(conformal(.diagnosis))),
      ("distribution.json", try encoder.encode(package.distribution)),
      ("plan-definition.json", Data(try bytes("Profiles/recommendations/icu-diagnosis.json"))),
      ("evaluation.json", Data("{}".utf8)), ("model-card.json", Data("{}".utf8)),
    ]
    for (name, data) in files { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    try PackageSeal.seal(folder)
    return try body(folder)
  }
}
