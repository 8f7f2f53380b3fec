// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation
import Networks

extension ModelPackage {
  /// The files a package must have. Others may lie beside them; all are under the digest.
  package static let requiredFiles = [
    "manifest.json", "feature-profile.json", "encoding.json", "weights.safetensors", "calibration.json",
    "conformal.json", "distribution.json", "plan-definition.json", "evaluation.json", "model-card.json",
  ]

  /// Loads the package in a folder.
  ///
  /// - Parameter keys: the keys of which one must have signed it; nil: it need not be signed.
  /// - Throws: `ModelPackageError` when a byte of it is not what its list of digests says, when a file is missing or
  ///   extra, when it is signed and the signature is not valid, when it is not signed by one of the keys, or when the files
  ///   do not fit each other.
  package static func load(
    _ directory: String, trusting keys: [PackagePublicKey]? = nil
  ) throws(ModelPackageError) -> ModelPackage {
    let contents = try PackageSeal.open(directory)
    if let keys, contents.signature.map({ keys.contains($0.publicKey) }) != true {
      throw ModelPackageError(
        .untrusted, file: PackageSignature.file, detail: contents.signature.map { "key \($0.publicKey.id)" })
    }
    let (files, digest) = (contents.files, contents.digest)
    for file in requiredFiles where files[file] == nil { throw ModelPackageError(.missingFile, file: file) }
    let ensemble: Ensemble
    do {
      ensemble = try Ensemble(SafeTensors(files["weights.safetensors"] ?? []))
    } catch {
      throw ModelPackageError(.invalidFile, file: "weights.safetensors", detail: "\(error)")
    }
    let plan: Document
    do {
      plan = try Document(files["plan-definition.json"] ?? [], syntax: .json)
    } catch {
      throw ModelPackageError(.invalidFile, file: "plan-definition.json", detail: error.code.rawValue)
    }
    return try ModelPackage(
      manifest: manifest(files), profile: decode("feature-profile.json", files),
      encoding: decode("encoding.json", files), ensemble: ensemble, calibrations: decode("calibration.json", files),
      conformal: decode("conformal.json", files), distribution: decode("distribution.json", files),
      plan: PlanDefinition(plan), digest: digest)
  }

  /// Loads one version of every model under `models/<id>/<version>`, diagnosis before prognosis.
  ///
  /// - Parameters:
  ///   - chosen: the version by the model's id; the newest of those that are not named.
  ///   - held: the packages of a running service that stay as they are; no other model is then loaded but those that are chosen.
  ///     nil at a start.
  ///   - keys: the keys of which one must have signed each; nil: they need not be signed.
  /// - Throws: `ModelPackageError`; also when there is no model of one of the two kinds.
  package static func loadAll(
    _ models: String, versions chosen: [String: String] = [:], keeping held: [ModelPackage]? = nil,
    trusting keys: [PackagePublicKey]? = nil
  ) throws(ModelPackageError) -> [ModelPackage] {
    var packages = held ?? []
    let kept = Set(packages.map(\.manifest.id))
    for id in try folders(models) where !kept.contains(id) && (held == nil || chosen[id] != nil) {
      let versions = try folders("\(models)/\(id)").filter { number($0) != nil }
      guard let newest = versions.max(by: { (number($0) ?? []).lexicographicallyPrecedes(number($1) ?? []) }) else {
        continue
      }
      let version = chosen[id] ?? newest
      guard versions.contains(version) else { throw ModelPackageError(.noPackage, detail: "\(id) \(version)") }
      packages.append(try load("\(models)/\(id)/\(version)", trusting: keys))
    }
    for kind in ModelManifest.Kind.allCases where !packages.contains(where: { $0.manifest.kind == kind }) {
      throw ModelPackageError(.noPackage, detail: kind.rawValue)
    }
    packages.sort { $0.manifest.id < $1.manifest.id }
    return ModelManifest.Kind.allCases.flatMap { kind in packages.filter { $0.manifest.kind == kind } }
  }

  /// The manifest; one of another format is refused by its number, not by what it lacks.
  private static func manifest(_ files: [String: [UInt8]]) throws(ModelPackageError) -> ModelManifest {
    struct Format: Decodable { var format: Int? }
    let found: Format = try decode("manifest.json", files)
    guard found.format == ModelManifest.currentFormat else {
      throw ModelPackageError(
        .invalidFile, file: "manifest.json",
        detail: "package format \(found.format ?? 1) where \(ModelManifest.currentFormat) is read")
    }
    return try decode("manifest.json", files)
  }

  // The files are trusted here: their digests were checked, and nobody but the model owner writes them.
  private static func decode<Value: Decodable>(
    _ file: String, _ files: [String: [UInt8]]
  ) throws(ModelPackageError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(files[file] ?? []))
    } catch {
      throw ModelPackageError(.invalidFile, file: file, detail: "\(error)")
    }
  }

  private static func folders(_ path: String) throws(ModelPackageError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted().filter { name in
        (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) != nil
      }
    } catch {
      throw ModelPackageError(.unreadable, detail: path)
    }
  }

  /// `1.12.0` as numbers; nil when it is not such a version.
  private static func number(_ version: String) -> [Int]? {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    return parts.count == 3 && !parts.contains(nil) ? parts.compactMap { $0 } : nil
  }
}
