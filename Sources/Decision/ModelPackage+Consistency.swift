// SPDX-License-Identifier: Apache-2.0
import Features
import Networks

/// Whether the parts of a package fit each other.
extension ModelPackage {
  /// The manifest's outcomes, each bound to its head.
  static func predictors(
    _ manifest: ModelManifest, _ profile: FeatureProfile, _ ensemble: Ensemble, _ calibrations: [String: PlattScaling],
    _ conformal: [String: ConformalSet]
  ) throws(ModelPackageError) -> [OutcomePredictor] {
    guard manifest.format == ModelManifest.currentFormat else {
      throw contradiction("manifest.json", "format \(manifest.format) where \(ModelManifest.currentFormat) is read")
    }
    let heads = manifest.outcomes.map(\.head)
    guard !heads.isEmpty, Set(heads).count == heads.count else {
      throw contradiction("manifest.json", "no outcome, or two of one head")
    }
    guard Set(calibrations.keys) == Set(heads) else {
      throw contradiction("calibration.json", "not one calibration an outcome")
    }
    guard Set(conformal.keys) == Set(heads) else {
      throw contradiction("conformal.json", "not one set an outcome")
    }
    let series = Set(profile.signals.map(\.id) + profile.derived.map(\.id))
    var predictors: [OutcomePredictor] = []
    for outcome in manifest.outcomes {
      guard let head = try? ensemble.head(outcome.head), ensemble.heads[head].kind == .sigmoid,
        ensemble.heads[head].outputs == 1
      else { throw contradiction("manifest.json", "'\(outcome.head)' is no yes/no head") }
      guard let calibration = calibrations[outcome.head], calibration.slope > 0, calibration.slope.isFinite,
        calibration.intercept.isFinite, (0..<1).contains(calibration.floor)
      else { throw contradiction("calibration.json", "the curve of '\(outcome.head)' does not rise from 0 to 1") }
      guard let set = conformal[outcome.head] else { continue }  // One an outcome, by the check above.
      try check(outcome.bands, of: outcome.head, isPrimary: predictors.isEmpty)
      guard outcome.requires.allSatisfy({ !$0.isEmpty && series.isSuperset(of: $0) }) else {
        throw contradiction("manifest.json", "'\(outcome.head)' requires no known signal")
      }
      predictors.append(
        OutcomePredictor(
          outcome: outcome, head: head, calibration: calibration, conformal: set))
    }
    return predictors
  }

  /// The primary outcome has an alarm; of another none may be worth it, and then there is no band `high`.
  private static func check(
    _ bands: [ModelManifest.Band], of head: String, isPrimary: Bool
  ) throws(ModelPackageError) {
    let isAscending = zip(bands, bands.dropFirst()).allSatisfy { $0.from < $1.from }
    let order = ["low", "moderate", "high"]
    let places = bands.compactMap { order.firstIndex(of: $0.name) }
    guard bands.first?.from == 0, isAscending, places.count == bands.count,
      zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }),
      !isPrimary || bands.count > 1 && bands.last?.name == "high"
    else { throw contradiction("manifest.json", "the bands of '\(head)' do not ascend from 0 to high") }
  }

  /// The index of the head that predicts survival.
  static func survivalHead(_ manifest: ModelManifest, _ ensemble: Ensemble) throws(ModelPackageError) -> Int? {
    guard let survival = manifest.survival else { return nil }
    let ends = survival.binEnds
    guard let head = try? ensemble.head(survival.head), ensemble.heads[head].kind == .hazard,
      ensemble.heads[head].outputs == ends.count, ends.first.map({ $0 > 0 }) == true,
      zip(ends, ends.dropFirst()).allSatisfy({ $0 < $1 }), let last = ends.last, survival.horizonDays > 0,
      survival.horizonDays <= last
    else { throw contradiction("manifest.json", "no hazard head with these intervals") }
    return head
  }

  /// Every condition must be on something that is known, and in a package of several outcomes say which one it is for.
  static func check(
    _ plan: PlanDefinition, _ manifest: ModelManifest, _ profile: FeatureProfile
  ) throws(ModelPackageError) {
    let known = Set(
      profile.signals.map(\.id) + profile.derived.map(\.id) + ["outcome", "band", "probability", "hour"])
    guard plan.variables.allSatisfy(known.contains) else {
      throw contradiction("plan-definition.json", "a condition on no known signal")
    }
    guard
      manifest.outcomes.count == 1
        || plan.actions.allSatisfy({ $0.conditions.contains { $0.variables.contains("outcome") } })
    else { throw contradiction("plan-definition.json", "an action that does not say for which outcome") }
  }

  /// The distribution must be of the profile's columns.
  static func check(
    _ distribution: FeatureDistribution, _ profile: FeatureProfile
  ) throws(ModelPackageError) {
    guard distribution.columns.map(\.name) == profile.columns.map(\.id), distribution.alarm > 0 else {
      throw contradiction("distribution.json", "not of the profile's columns, or without an alarm")
    }
  }

  private static func contradiction(_ file: String, _ detail: String) -> ModelPackageError {
    ModelPackageError(.inconsistent, file: file, detail: detail)
  }
}
