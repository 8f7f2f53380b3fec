// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Features
import Foundation
import Networks

/// An assessor of the real profiles, codes and recommendations with small networks that nobody trained: the service is tested
/// whatever is shipped.
enum SmallModels {
  static let assessor = Result { try assessor() }

  /// - Parameters:
  ///   - version: of the models.
  ///   - digests: of the packages by their kind, where they are not the usual ones.
  ///   - alerting: what holds findings back at every hook that has no policy of its own.
  static func assessor(
    version: String = "0.0.1", digests: [ModelManifest.Kind: String] = [:], alerting: AlertPolicy? = nil
  ) throws -> Assessor {
    let packages = try ModelManifest.Kind.allCases.map { try package($0, version, digests[$0] ?? digest($0)) }
    let terminology = try Terminology(directory: Fixture.root + "/Profiles/terminology")
    return Assessor(
      packages: packages, terminology: terminology,
      services: try ServiceCatalog(
        try ServiceDefinition.load(Fixture.root + "/Profiles/services").map { definition in
          var definition = definition
          if let alerting { definition.alerting = alerting }
          return definition
        }, profiles: packages.map(\.profile),
        terminology: terminology))
  }

  /// The digest of a package that is not said to have another.
  static func digest(_ kind: ModelManifest.Kind) -> String {
    String(repeating: kind == .diagnosis ? "1d" : "2e", count: 32)
  }

  private static func package(
    _ kind: ModelManifest.Kind, _ version: String, _ digest: String
  ) throws -> ModelPackage {
    let folder = Fixture.root + "/Profiles/"
    let profile = try JSONDecoder().decode(
      FeatureProfile.self, from: try Data(contentsOf: URL(filePath: folder + "features/icu-\(kind.rawValue).json")))
    let plan = try Document(
      Array(try Data(contentsOf: URL(filePath: folder + "recommendations/icu-\(kind.rawValue).json"))), syntax: .json)
    let columns = profile.columns.prefix(12).map(\.id)
    let encoding = InputEncoding(
      inputs: columns.map {
        InputEncoding.Input(column: $0, scale: .init(lower: 0, upper: 500, mean: 50, standardDeviation: 50))
      }, flagged: Array(columns), clip: 4)
    let architecture = NetworkArchitecture(
      inputs: encoding.width, hidden: [4], heads: [Head(name: "outcome", kind: .sigmoid)])
    var random = RandomSource(seed: 7)
    let members = (0..<2).map { _ in Network(architecture, random: &random) }
    let manifest = """
      {"format": 2, "id": "small-\(kind.rawValue)", "version": "\(version)", "title": "Small", "kind": "\(kind.rawValue)",
      "outcomes": [{"head": "outcome", "code": "419099009", "system": "http://snomed.info/sct", "display": "Dead",
      "summary": "Risk", "definition": "As labelled.", "bands": [{"name": "low", "from": 0}, {"name": "high", "from": 0.5}],
      "requires": []}], "intendedUse": "For tests.", "publisher": "Vigil project"}
      """
    return try ModelPackage(
      manifest: try JSONDecoder().decode(ModelManifest.self, from: Data(manifest.utf8)),
      profile: profile, encoding: encoding, ensemble: Ensemble(members),
      calibrations: ["outcome": PlattScaling(slope: 1, intercept: 0)], conformal: ["outcome": conformal()],
      distribution: distribution(profile), plan: PlanDefinition(plan),
      digest: digest)
  }

  /// Sets that admit yes from 20 % on and no up to 60 %.
  private static func conformal() throws -> ConformalSet {
    let text = """
      {"coverage": 0.9, "yes": {"least": -1.3862943611198906, "offsets": {}},
      "no": {"least": -0.4054651081081644, "offsets": {}}}
      """
    return try JSONDecoder().decode(ConformalSet.self, from: Data(text.utf8))
  }

  /// A distribution whose alarm never sounds: these models learned from nothing.
  private static func distribution(_ profile: FeatureProfile) throws -> FeatureDistribution {
    var random = RandomSource(seed: 9)
    let columns = profile.columns.count
    let values = (0..<100 * columns).map { _ in Float(random.uniform()) }
    let fitted = try FeatureDistribution(
      fitting: Matrix(rows: 100, columns: columns, values: values), profile: profile)
    let data = try JSONEncoder().encode(fitted)
    var json = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    json["alarm"] = 1e12
    return try JSONDecoder().decode(FeatureDistribution.self, from: try JSONSerialization.data(withJSONObject: json))
  }
}
