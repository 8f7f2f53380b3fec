// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Networks

extension ModelPackage {
  /// Writes this package into a folder, which must be empty or not exist, and seals it.
  ///
  /// Profile and PlanDefinition are written as the bytes they were read from, so that they stay as their authors wrote
  /// them.
  ///
  /// - Returns: the digest of the package as written; the package that `load` gives has it.
  @discardableResult
  package func write(
    to directory: String, profile: [UInt8], plan: [UInt8], evaluation: [UInt8], modelCard: [UInt8]
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let files: [(String, [UInt8])] = [
      ("manifest.json", Array(try encoder.encode(manifest)) + [0x0A]),
      ("feature-profile.json", profile),
      ("encoding.json", Array(try encoder.encode(self.encoder.encoding)) + [0x0A]),
      ("weights.safetensors", try ensemble.safeTensors().encoded()),
      ("calibration.json", Array(try encoder.encode(calibration)) + [0x0A]),
      ("plan-definition.json", plan), ("evaluation.json", evaluation), ("model-card.json", modelCard),
    ]
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(fileURLWithPath: directory).appendingPathComponent(name))
    }
    return try PackageSeal.seal(directory)
  }
}
