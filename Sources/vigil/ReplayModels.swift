// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Judgement
import Training

/// The models that a replay asks, and their files.
struct ReplayModels {
  let assessor: Assessor
  /// By model.
  let files: [PackageFiles]

  /// The models of a profiles folder; says what is wrong and exits with 78 when there is none.
  ///
  /// - Parameter names: an id, id/version or folder each; empty: the newest of every model.
  init(_ names: [String], profiles: String) throws {
    guard !names.isEmpty else {
      assessor = try Assessor.loaded(from: profiles)
      files = assessor.packages.map {
        PackageFiles("\(profiles)/models/\($0.manifest.id)/\($0.manifest.version)")
      }
      return
    }
    files = try names.map { name in
      guard let folder = PackageFiles.folder(named: name, in: "\(profiles)/models") else {
        throw Failure.configuration("\(profiles): no model \(name)").exit()
      }
      return PackageFiles(folder)
    }
    do {
      assessor = Assessor(
        packages: try files.map { try ModelPackage.load($0.folder) },
        terminology: try Terminology(directory: "\(profiles)/terminology"))
    } catch {
      throw Failure.configuration("\(profiles): \(error)").exit()
    }
  }

  /// Whether two models have an outcome in common.
  var isPair: Bool {
    let packages = assessor.packages
    guard packages.count == 2 else { return false }
    let heads = Set(packages[0].predictors.map(\.outcome.head))
    return packages[1].predictors.contains { heads.contains($0.outcome.head) }
  }

  /// The models of the service in their newest versions, but for one in the version that is named: what it would have said of
  /// stored requests is its silent trial.
  ///
  /// - Parameter name: id/version; nil: none.
  static func service(of name: String?, profiles: String) throws -> Assessor {
    guard let name else { return try Assessor.loaded(from: profiles) }
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count == 2 else { throw Failure.configuration("\(name): --against takes a model as id/version").exit() }
    do {
      return try Assessor.load(profiles, versions: [parts[0]: parts[1]])
    } catch {
      throw Failure.configuration("\(profiles): \(error)").exit()
    }
  }

  /// Labels of the charts' own, by the definitions of the models' training.
  func chartLabels() throws -> ChartLabels {
    ChartLabels(
      assessor.packages, heads: try files.map { try $0.configuration().heads }, terminology: assessor.terminology)
  }

  /// What a package says of how its probabilities came out in its training; of one of another making nothing is known.
  struct TrainingRecord {
    var evaluation: Evaluation?
    /// By head the one hour of the stay at which it was scored.
    var scoredAtHour: [String: Double]
  }

  /// By model.
  func trainingRecords() -> [TrainingRecord] {
    files.map { files in
      let heads = (try? files.configuration().heads) ?? []
      return TrainingRecord(
        evaluation: try? files.evaluation(),
        scoredAtHour: Dictionary(heads.compactMap { head in head.scoredAtHour.map { (head.name, $0) } }) { first, _ in
          first
        })
    }
  }
}
