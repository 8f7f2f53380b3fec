// SPDX-License-Identifier: Apache-2.0
package import Decision
import Features
import Foundation
package import Networks

/// Writes a model package: the files that training makes, the list of digests over all of the folder's files.
package struct ModelWriter: Sendable {
  package var manifest: ModelManifest
  package var model: TrainedModel
  /// By the name of the outcome's head.
  package var calibrations: [String: PlattScaling]
  /// By the name of the outcome's head.
  package var conformal: [String: ConformalSet]
  package var distribution: FeatureDistribution
  package var evaluation: Evaluation
  package var card: ModelCard
  /// The configuration of the training, byte for byte.
  package var training: [UInt8]
  /// Path of the feature profile, copied as it is.
  package var profile: String
  /// Path of the PlanDefinition, copied as it is; when there is none, the folder keeps the one it has.
  package var plan: String?

  package init(
    manifest: ModelManifest, model: TrainedModel, calibrations: [String: PlattScaling],
    conformal: [String: ConformalSet], distribution: FeatureDistribution, evaluation: Evaluation, card: ModelCard,
    training: [UInt8], profile: String, plan: String?
  ) {
    self.manifest = manifest
    self.model = model
    self.calibrations = calibrations
    self.conformal = conformal
    self.distribution = distribution
    self.evaluation = evaluation
    self.card = card
    self.training = training
    self.profile = profile
    self.plan = plan
  }

  /// Writes the package into a folder, which is made when it is missing.
  ///
  /// - Returns: the package's digest.
  /// - Throws: what the file system or the sealing reports.
  package func write(to directory: String) throws -> String {
    let folder = URL(fileURLWithPath: directory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try json(manifest).write(to: folder.appendingPathComponent("manifest.json"))
    try json(model.encoder.encoding).write(to: folder.appendingPathComponent("encoding.json"))
    try json(calibrations).write(to: folder.appendingPathComponent("calibration.json"))
    try json(conformal).write(to: folder.appendingPathComponent("conformal.json"))
    try json(distribution).write(to: folder.appendingPathComponent("distribution.json"))
    try json(evaluation).write(to: folder.appendingPathComponent("evaluation.json"))
    try json(card).write(to: folder.appendingPathComponent("model-card.json"))
    try Data(training).write(to: folder.appendingPathComponent("training.json"))
    let weights = try model.ensemble.safeTensors(metadata: ["model": manifest.id, "version": manifest.version])
    try Data(weights.encoded()).write(to: folder.appendingPathComponent("weights.safetensors"))
    try copy(profile, to: folder.appendingPathComponent("feature-profile.json"))
    if let plan { try copy(plan, to: folder.appendingPathComponent("plan-definition.json")) }
    return try PackageSeal.seal(directory)
  }

  private func copy(_ path: String, to file: URL) throws {
    try Data(contentsOf: URL(fileURLWithPath: path)).write(to: file)
  }

  private func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }
}
