// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Networks
import Testing
import Training

/// A package made on one hospital's stays and fitted to another's.
@Suite struct FineTuningTests {
  /// A small package trained on made-up stays: creatinine says who dies.
  private static func parent() async throws -> (package: ModelPackage, configuration: ExperimentConfiguration) {
    let experiment = try Synthetic.prognosis(seed: 1, jobs: 2, epochs: 10)
    let validation = try await experiment.crossValidate()
    let model = try await experiment.fit(stays: Array(0..<120), stage: "all")
    let decisions = experiment.decisions(validation)
    let profile = try shippedProfile("icu-prognosis")
    let plan = try Data(contentsOf: URL(fileURLWithPath: repository("Profiles/recommendations/icu-prognosis.json")))
    let package = try ModelPackage(
      manifest: experiment.configuration.manifest(thresholds: decisions.compactMapValues(\.threshold)),
      profile: profile, encoding: model.encoder.encoding, ensemble: model.ensemble,
      calibrations: decisions.mapValues(\.calibration),
      conformal: try experiment.conformal(validation), distribution: distribution(profile),
      plan: try PlanDefinition(try Document([UInt8](plan), syntax: .json)), digest: "parent")
    return (package, experiment.configuration)
  }

  /// Of nothing in particular: no test here asks how unlike a chart is.
  private static func distribution(_ profile: FeatureProfile) throws -> FeatureDistribution {
    var random = RandomSource(seed: 1)
    let values = (0..<100 * profile.columns.count).map { _ in random.uniform(0, 1) as Float }
    return try FeatureDistribution(
      fitting: Matrix(rows: 100, columns: profile.columns.count, values: values), profile: profile)
  }

  /// A hospital where creatinine is measured higher and fewer die of it: the parent's risks are far too high.
  private static func localStays(_ count: Int, _ profile: FeatureProfile) -> [Stay] {
    let creatinine = profile.signals.firstIndex { $0.id == "creatinine" } ?? 0
    var random = RandomSource(seed: 8)
    return (0..<count).map { number in
      let isIll = random.uniform() < 0.6
      let died = random.uniform() < (isIll ? 0.5 : 0.05)
      var timeline = Timeline(profile)
      for hour in 0..<4 {
        timeline.samples[creatinine].append(
          Sample(hours: Double(hour * 10), value: (isIll ? 3 : 1) + random.uniform()))
      }
      return Stay(
        id: "\(number)", site: "there", timeline: timeline,
        outcome: StayOutcome(
          hours: (1...48).map { Double($0) },
          hospital: HospitalOutcome(died: died, survivalDays: died ? 6 : nil, isSurvivalValid: true)))
    }
  }

  private static func tuning(
    _ scope: FineTuning.Scope, stays count: Int = 900, jobs: Int = 2
  ) async throws -> (FineTuning, ModelPackage) {
    let (package, before) = try await parent()
    let configuration = before.fitted(
      to: .init(
        reader: "fhir", title: "There", licence: "", citation: "", url: "", rows: before.dataSets[0].rows),
      id: "icu-prognosis", version: "9.0.1", folds: 3, seed: 2,
      parent: .init(id: "icu-prognosis", version: "9.0.0", digest: package.digest, fitted: scope.rawValue))
    let dataSet = configuration.dataSets[configuration.dataSets.count - 1]
    var table = StayTable(configuration, profile: package.profile)
    for stay in localStays(count, package.profile) {
      table.append(
        StayTable.rows(of: stay, dataSet: dataSet, configuration: configuration, profile: package.profile))
    }
    return (
      try FineTuning(package, configuration: configuration, table: table, scope: scope, jobs: jobs), package
    )
  }

  @Test func recalibrationMendsTheRisksAndLeavesTheNetworks() async throws {
    let (tuning, package) = try await Self.tuning(.calibration)
    let validation = try await tuning.crossValidate(checkpoints: nil)
    let evaluation = try await tuning.experiment.evaluation(validation, replicates: 20)
    let death = try #require(evaluation.outcomes.first)
    let line = try #require(death.report?.calibrationLine)
    #expect(line.slope.low < 1 && 1 < line.slope.high && abs(line.intercept.value) < 0.3)
    #expect(death.scores.ece ?? 1 < 0.06)
    let model = try await tuning.model(checkpoints: nil)
    #expect(try model.ensemble.safeTensors().encoded() == package.ensemble.safeTensors().encoded())
    #expect(tuning.experiment.decisions(validation)["death"]?.calibration != package.primary.calibration)
    #expect(tuning.short.isEmpty)
  }

  @Test func lastLayersMoveTheHeadsAlone() async throws {
    let (tuning, package) = try await Self.tuning(.lastLayers)
    let (again, _) = try await Self.tuning(.lastLayers, jobs: 1)
    let model = try await tuning.model(checkpoints: nil)
    #expect(
      try model.ensemble.safeTensors().encoded()
        == (try await again.model(checkpoints: nil)).ensemble.safeTensors().encoded())
    let row = Matrix.made(3, package.ensemble.inputs)
    for (old, new) in zip(package.ensemble.members, model.ensemble.members) {
      #expect(old.trunk(row).values == new.trunk(row).values)
      #expect(old.logits(row).map(\.values) != new.logits(row).map(\.values))
    }
    let validation = try await tuning.crossValidate(checkpoints: nil)
    let evaluation = try await tuning.experiment.evaluation(validation, replicates: 20)
    #expect(evaluation.outcomes.first?.scores.auroc ?? 0 > 0.7)
    #expect(evaluation.outcomes.first?.scores.ece ?? 1 < 0.06)
  }

  /// A fold that was trained before a kill is not trained again, and the weights are the same.
  @Test func lastLayersGoOnFromCheckpoints() async throws {
    let folder = try TemporaryFolder()
    let (tuning, _) = try await Self.tuning(.lastLayers)
    func checkpoints() throws -> TrainingCheckpoints {
      try TrainingCheckpoints(
        directory: folder.path, configuration: [1], table: tuning.experiment.table, seed: 1)
    }
    await #expect(throws: CancellationError.self) {
      try await tuning.model(checkpoints: try checkpoints()) { step in
        if step.epoch == 7 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      }
    }
    let resumed = try await tuning.model(checkpoints: try checkpoints())
    #expect(
      try resumed.ensemble.safeTensors().encoded()
        == (try await tuning.model(checkpoints: nil)).ensemble.safeTensors().encoded())
  }

  @Test(arguments: [(FineTuning.Scope.calibration, 240), (.lastLayers, 500)])
  func tooFewStaysAreRefused(scope: FineTuning.Scope, stays: Int) async throws {
    await #expect {
      _ = try await Self.tuning(scope, stays: stays)
    } throws: { error in
      (error as? ExperimentError)?.code == .tooFewStays
        && (error as? ExperimentError)?.detail?.contains("of \(scope.leastStays) each") == true
    }
  }

  @Test func theReportSetsBothSidesBesideEachOther() async throws {
    let (tuning, package) = try await Self.tuning(.calibration)
    let validation = try await tuning.crossValidate(checkpoints: nil)
    let after = try await tuning.experiment.evaluation(validation, replicates: 20)
    let before = after  // Any evaluation will do for the page.
    let parent = ModelManifest.Parent(id: "p", version: "1.0.0", digest: "abc", fitted: "calibration")
    let report = FineTuningReport(
      parent: parent, id: "icu-prognosis", version: "9.0.1", stays: 900, folds: 3,
      outcomes: [
        .init(
          head: "death", before: before.outcomes[0], after: after.outcomes[0], thresholdBefore: 0.5,
          thresholdAfter: 0.25)
      ])
    let changes = report.outcomes[0].changes
    #expect(changes.first?.name == "AUROC" && changes.first?.before == changes.first?.after)
    #expect(changes.contains { $0.name == "Calibration slope" && $0.before?.interval != nil })
    #expect(changes.last?.after?.value == 0.25)
    let page = FineTuningPage(report, manifest: package.manifest, before: before, after: after).html
    #expect(page.contains("Calibration before") && page.contains("Calibration after") && page.contains("abc"))
    let shown = try JSONDecoder().decode(FineTuningReport.self, from: JSONEncoder().encode(report))
    #expect(shown == report)
  }
}

extension Matrix {
  fileprivate static func made(_ rows: Int, _ columns: Int) -> Matrix {
    var random = RandomSource(seed: 3)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in random.uniform(-1, 1) })
  }
}
