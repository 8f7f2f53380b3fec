// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
import Training

/// The files of a model package that the model owner's commands read beside what the service loads.
struct PackageFiles {
  let folder: String

  init(_ folder: String) {
    self.folder = folder
  }

  /// The bytes of a file.
  ///
  /// - Throws: the exit code 78, having said why, when it is not there.
  func bytes(_ name: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
      throw Failure.configuration("\(folder) has no \(name)").exit()
    }
    return [UInt8](data)
  }

  /// The configuration of the training.
  func configuration() throws -> ExperimentConfiguration {
    let json = try bytes("training.json")
    do throws(ExperimentError) { return try ExperimentConfiguration(json) } catch {
      throw Failure.configuration("\(folder)/training.json: \(error)").exit()
    }
  }

  /// The manifest.
  func manifest() throws -> ModelManifest {
    try JSONDecoder().decode(ModelManifest.self, from: Data(try bytes("manifest.json")))
  }

  /// The evaluation.
  func evaluation() throws -> Evaluation {
    try JSONDecoder().decode(Evaluation.self, from: Data(try bytes("evaluation.json")))
  }

  /// The folder of a package: as it is given, or of `id/version` or the newest version of an id under `models`; nil when there
  /// is none.
  static func folder(named name: String, in models: String) -> String? {
    let newest = all(models).last { $0.hasPrefix("\(models)/\(name)/") }
    return [name, "\(models)/\(name)", newest].compactMap(\.self).first {
      FileManager.default.fileExists(atPath: "\($0)/manifest.json")
    }
  }

  /// The folders of all packages, `<models>/<id>/<version>`, by id and version.
  static func all(_ models: String) -> [String] {
    func folders(_ path: String) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return names.filter { !$0.hasPrefix(".") }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
        .map { "\(path)/\($0)" }
    }
    return folders(models).flatMap(folders).filter {
      FileManager.default.fileExists(atPath: "\($0)/manifest.json")
    }
  }

  /// The folder of a package: as it is given, or of the newest of the kind that is named.
  static func folder(_ model: String, profiles: String) throws -> String {
    guard let kind = ModelManifest.Kind(rawValue: model) else { return model }
    guard let folder = try newest(of: kind, in: "\(profiles)/models") else {
      throw ValidationError("no \(kind.rawValue) package under \(profiles)/models")
    }
    return folder
  }

  /// The folder of the newest package of a kind.
  static func newest(of kind: ModelManifest.Kind, in models: String) throws -> String? {
    try all(models).last { try PackageFiles($0).manifest().kind == kind }
  }
}
