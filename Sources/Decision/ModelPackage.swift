// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// One model ready to answer: what it sees, its weights, its calibrations, and what it recommends.
package struct ModelPackage: Sendable {
  /// What the package says about itself.
  package let manifest: ModelManifest
  /// What the networks see.
  package let profile: FeatureProfile
  /// How a feature vector becomes their input.
  package let encoder: InputEncoder
  /// The networks.
  package let ensemble: Ensemble
  /// The outcomes in the manifest's order; the first is the primary one.
  package let predictors: [OutcomePredictor]
  /// Index of the head that predicts survival, where there is one.
  package let survivalHead: Int?
  /// How the training rows were distributed.
  package let distribution: FeatureDistribution
  /// The kind of each column of the profile.
  let kinds: [ColumnKind]
  /// What is recommended.
  package let plan: PlanDefinition
  /// SHA-256 of the list of all files with their SHA-256.
  package let digest: String

  /// The outcome that always gives a card.
  package var primary: OutcomePredictor { predictors[0] }

  /// A package of parts that fit each other.
  ///
  /// - Parameters:
  ///   - calibrations: by the name of the outcome's head; each outcome needs one.
  ///   - conformal: by the name of the outcome's head; each outcome needs one.
  /// - Throws: `ModelPackageError.inconsistent` when they do not.
  package init(
    manifest: ModelManifest, profile: FeatureProfile, encoding: InputEncoding, ensemble: Ensemble,
    calibrations: [String: PlattScaling], conformal: [String: ConformalSet],
    distribution: FeatureDistribution, plan: PlanDefinition, digest: String
  ) throws(ModelPackageError) {
    guard let encoder = InputEncoder(encoding, columns: profile.columns) else {
      throw ModelPackageError(.inconsistent, file: "encoding.json", detail: "a column the profile does not have")
    }
    guard encoding.width == ensemble.inputs else {
      throw ModelPackageError(.inconsistent, file: "weights.safetensors", detail: "another number of inputs")
    }
    predictors = try Self.predictors(manifest, profile, ensemble, calibrations, conformal)
    survivalHead = try Self.survivalHead(manifest, ensemble)
    try Self.check(plan, manifest, profile)
    try Self.check(distribution, profile)
    self.manifest = manifest
    self.profile = profile
    self.encoder = encoder
    self.ensemble = ensemble
    self.distribution = distribution
    kinds = profile.columnKinds
    self.plan = plan
    self.digest = digest
  }

  /// The survival curve of each member for a row of a batch, in days after ICU admission; nil without a survival head.
  package func survival(_ logits: [[Matrix]], row: Int = 0) -> [SurvivalCurve]? {
    guard let survivalHead, let ends = manifest.survival?.binEnds else { return nil }
    return logits.map { SurvivalCurve(logits: $0[survivalHead].row(row), ends: ends) }
  }
}
