// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Foundation

/// The models of a folder by the versions that records name, each set of versions loaded once.
final class ModelShelf {
  private let profiles: String
  private var loaded: [[String: String]: Assessor] = [:]
  /// By all the models that they have.
  private var only: [[String: String]: Assessor] = [:]

  /// - Parameter profiles: folder of feature profiles, terminology, services and model packages.
  init(_ profiles: String) {
    self.profiles = profiles
  }

  /// The models of these versions by their ids, as far as they are at hand; of the others the newest.
  ///
  /// - Throws: what `Assessor.load` throws.
  func nearest(to versions: [String: String]) throws -> Assessor {
    let atHand = versions.filter { FileManager.default.fileExists(atPath: "\(profiles)/models/\($0.key)/\($0.value)") }
    if let found = loaded[atHand] { return found }
    let assessor = try Assessor.load(profiles, versions: atHand)
    loaded[atHand] = assessor
    return assessor
  }

  /// The models of just these versions, whatever else the folder has; nil when one of them is not at hand or cannot be loaded.
  func exact(_ versions: [String: String]) -> Assessor? {
    if let found = only[versions] { return found }
    guard let found = try? Assessor.load(profiles, versions: versions, keeping: []) else { return nil }
    let own = Dictionary(found.packages.map { ($0.manifest.id, $0.manifest.version) }, uniquingKeysWith: { $1 })
    guard own == versions else { return nil }
    only[versions] = found
    return found
  }

  /// What the packages of the digests that a record names have as calibration and thresholds; nil where the record holds them, has
  /// nothing to do with any, or the packages are not at hand.
  func thresholds(of entry: AuditEntry) -> JSON? {
    guard entry.kind == .answer, let payload = entry.payload, payload.thresholds == nil,
      let assessor = exact(entry.models.versions)
    else { return nil }
    let models = assessor.packages.map {
      AuditEntry.Model(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest)
    }
    return models == entry.models ? assessor.thresholds(outputs: payload.outputs) : nil
  }
}

extension [AuditEntry.Model] {
  /// Versions by ids.
  var versions: [String: String] { Dictionary(map { ($0.id, $0.version) }, uniquingKeysWith: { first, _ in first }) }
}
