// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// One model ready to answer: what it sees, its weights, its calibration, and what it recommends.
package struct ModelPackage: Sendable {
  /// What the package says about itself.
  package let manifest: ModelManifest
  /// What the networks see.
  package let profile: FeatureProfile
  /// How a feature vector becomes their input.
  package let encoder: InputEncoder
  /// The networks.
  package let ensemble: Ensemble
  /// Index of the head that predicts the outcome.
  package let head: Int
  /// From the mean logit to a probability.
  package let calibration: PlattScaling
  /// What is recommended.
  package let plan: PlanDefinition
  /// SHA-256 of the list of all files with their SHA-256.
  package let digest: String

  /// A package of parts that fit each other.
  ///
  /// - Throws: `ModelPackageError.inconsistent` when they do not.
  package init(
    manifest: ModelManifest, profile: FeatureProfile, encoding: InputEncoding, ensemble: Ensemble,
    calibration: PlattScaling, plan: PlanDefinition, digest: String
  ) throws(ModelPackageError) {
    guard let encoder = InputEncoder(encoding, columns: profile.columns) else {
      throw ModelPackageError(.inconsistent, file: "encoding.json", detail: "a column the profile does not have")
    }
    guard encoding.width == ensemble.inputs else {
      throw ModelPackageError(.inconsistent, file: "weights.safetensors", detail: "another number of inputs")
    }
    guard let head = try? ensemble.head(manifest.head), ensemble.heads[head].kind == .sigmoid,
      ensemble.heads[head].outputs == 1
    else { throw ModelPackageError(.inconsistent, file: "manifest.json", detail: "no such yes/no head") }
    let names = manifest.bands.map(\.name)
    let isAscending = zip(manifest.bands, manifest.bands.dropFirst()).allSatisfy { $0.from < $1.from }
    guard manifest.bands.first?.from == 0, isAscending, names.allSatisfy(["low", "moderate", "high"].contains) else {
      throw ModelPackageError(.inconsistent, file: "manifest.json", detail: "bands do not ascend from 0")
    }
    guard calibration.slope > 0, calibration.slope.isFinite, calibration.intercept.isFinite else {
      throw ModelPackageError(.inconsistent, file: "calibration.json", detail: "the slope is not positive")
    }
    let known = Set(profile.signals.map(\.id) + profile.derived.map(\.id) + ["band", "probability", "hour"])
    guard plan.variables.allSatisfy(known.contains) else {
      throw ModelPackageError(.inconsistent, file: "plan-definition.json", detail: "a condition on no known signal")
    }
    self.manifest = manifest
    self.profile = profile
    self.encoder = encoder
    self.ensemble = ensemble
    self.head = head
    self.calibration = calibration
    self.plan = plan
    self.digest = digest
  }

  /// The calibrated probability and the ensemble's 95 % interval for an encoded input.
  ///
  /// With member logits z₁…zₙ, mean m and sample standard deviation s, and the calibration p(z) = sigmoid(a·z + b): the
  /// probability is p(m), the interval p(m − 1.96·s) to p(m + 1.96·s). It says how far equally trained networks agree on
  /// this patient (Lakshminarayanan et al. 2017), not how the outcome will vary. Sums run in the members' order.
  package func risk(_ input: [Float]) -> Finding.Risk {
    let row = Matrix(row: input)
    let logits = ensemble.logits(row).map { Double($0[head][0, 0]) }
    let count = Double(logits.count)
    let mean = logits.reduce(0, +) / count
    let squares = logits.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = logits.count > 1 ? (squares / (count - 1)).squareRoot() : 0
    let probability = calibration.probability(mean)
    return Finding.Risk(
      probability: probability, low: calibration.probability(mean - 1.96 * spread),
      high: calibration.probability(mean + 1.96 * spread), band: manifest.band(of: probability).name,
      memberLogits: logits)
  }
}
