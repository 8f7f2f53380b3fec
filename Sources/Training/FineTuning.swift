// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Networks

/// A shipped package fitted to a hospital's own stays: its calibration and alarms, or its networks' last layers as well.
///
/// The parent never saw these stays, so what it says of them is an honest forecast as it stands. What is fitted to them is
/// judged by cross-validation over stays, as a training is: every fold by what the other folds say.
package struct FineTuning: Sendable {
  /// What is fitted.
  package enum Scope: String, Codable, Sendable, CaseIterable {
    /// Calibration, alarm threshold and conformal sets: from logits to probabilities and decisions.
    case calibration
    /// The networks' heads as well; what they read stays as the parent made it.
    case lastLayers = "last-layers"

    /// Stays with, and stays without the outcome, below which nothing is fitted.
    ///
    /// Calibration is two numbers and a threshold: 100 of each are what the external validation of a probability asks for at
    /// least (Collins et al., Stat Med 2016;35:214-226). A head is some sixty weights, begun at good ones: 200 (Van Calster
    /// et al., J Clin Epidemiol 2016;74:167-176).
    package var leastStays: Int { self == .calibration ? 100 : 200 }
  }

  /// An outcome of which too few stays are known to be fitted; it stays as the parent has it.
  package struct Short: Sendable, Equatable {
    package var head: String
    package var with: Int
    package var without: Int
  }

  package let scope: Scope
  /// The heads that are fitted, and the local rows.
  package let experiment: Experiment
  /// Outcomes that stay as they are.
  package let short: [Short]
  private let parent: ModelPackage
  /// The parent's networks with the fitted heads alone.
  private let networks: TrainedModel

  /// How heads are trained further: few, small steps from the parent's weights.
  private static let (learningRate, epochs, batchSize) = (Float(1e-3), 20, 256)

  /// A fine-tuning.
  ///
  /// - Parameters:
  ///   - configuration: the parent's, with the local data set.
  ///   - table: the local rows, with a label for every head of the configuration.
  /// - Throws: `ExperimentError.tooFewStays` when the first outcome cannot be fitted.
  package init(
    _ parent: ModelPackage, configuration: ExperimentConfiguration, table: StayTable, scope: Scope, jobs: Int
  ) throws {
    self.parent = parent
    self.scope = scope
    var short: [Short] = []
    var fitted = Set<String>()
    for (index, head) in configuration.heads.enumerated() {
      guard head.outputs == 1 else {
        // A hazard head goes along with the heads that share its trunk, where its labels are known.
        if scope == .lastLayers, table.labels[index].weights.contains(where: { $0 > 0 }) { fitted.insert(head.name) }
        continue
      }
      let (with, without) = table.staysByLabel(head: index)
      if min(with, without) >= scope.leastStays {
        fitted.insert(head.name)
      } else if configuration.model.outcomes.contains(where: { $0.head == head.name }) {
        short.append(Short(head: head.name, with: with, without: without))
      }
    }
    if let first = short.first(where: { $0.head == configuration.model.outcomes.first?.head }) {
      throw ExperimentError(
        .tooFewStays,
        detail: "\(first.head): \(first.with) stays with it and \(first.without) without, of \(scope.leastStays) each")
    }
    self.short = short
    let narrowed = configuration.keeping(heads: fitted)
    var experiment = try Experiment(narrowed, profile: parent.profile, table: table.keeping(heads: fitted))
    experiment.jobs = jobs
    self.experiment = experiment
    networks = TrainedModel(
      encoder: parent.encoder,
      ensemble: Ensemble(try parent.ensemble.members.map { try $0.keeping(heads: fitted) }))
  }

  /// What the fitted package says of the stays of each fold, fitted to the others.
  package func crossValidate(
    checkpoints: TrainingCheckpoints?,
    progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws -> CrossValidation {
    let folds = experiment.folds
    var result = CrossValidation(experiment.table, heads: experiment.configuration.heads, folds: folds)
    let read = scope == .lastLayers ? trunks() : []
    for number in 0..<folds.count {
      let model =
        scope == .calibration
        ? networks
        : try await fit(
          stays: folds.kept(number), trunks: read, stage: "fold-\(number + 1)", checkpoints: checkpoints
        ) { progress(number, $0) }
      await result.predict(model, experiment.table, fold: number, jobs: experiment.jobs)
    }
    try result.calibrate(experiment.table)
    return result
  }

  /// The networks of the new package, with all of the parent's heads.
  package func model(
    checkpoints: TrainingCheckpoints?, progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws -> TrainedModel {
    guard scope == .lastLayers else { return TrainedModel(encoder: parent.encoder, ensemble: parent.ensemble) }
    let fitted = try await fit(
      stays: Array(experiment.table.records.indices), trunks: trunks(), stage: "all", checkpoints: checkpoints,
      progress: progress)
    let members = zip(parent.ensemble.members, fitted.ensemble.members).map { $0.replacing(heads: $1.ownHeads) }
    return TrainedModel(encoder: parent.encoder, ensemble: Ensemble(members))
  }

  /// Epochs over all stays and folds, by which progress is told; 0 where nothing is trained.
  package var epochs: Double {
    guard scope == .lastLayers else { return 0 }
    let folds = Double(experiment.configuration.validation.folds)
    return Double(networks.ensemble.members.count * Self.epochs) * folds
  }

  /// What each member's trunk says of every row.
  private func trunks() -> [Matrix] {
    let table = experiment.table.features
    let size = 4096
    return networks.ensemble.members.map { member in
      var values: [Float] = []
      var columns = 0
      for start in stride(from: 0, to: table.rows, by: size) {
        let said = member.trunk(table.encoded(parent.encoder, rows: start..<min(start + size, table.rows)))
        columns = said.columns
        values += said.values
      }
      return Matrix(rows: table.rows, columns: columns, values: values)
    }
  }

  private func fit(
    stays: [Int], trunks: [Matrix], stage: String, checkpoints: TrainingCheckpoints?,
    progress: @escaping @Sendable (TrainingProgress) -> Void
  ) async throws -> TrainedModel {
    let rows = stays.flatMap { Array(experiment.table.records[$0].rows) }
    let members = try await withThrowingTaskGroup(of: (Int, Network).self) { group in
      var members = [Network?](repeating: nil, count: trunks.count)
      for (member, inputs) in trunks.enumerated() {
        if member >= max(experiment.jobs, 1), let (index, network) = try await group.next() { members[index] = network }
        group.addTask {
          (member, try train(member, inputs, stays, rows, stage, checkpoints, progress))
        }
      }
      for try await (index, network) in group { members[index] = network }
      return members.compactMap(\.self)
    }
    return TrainedModel(encoder: parent.encoder, ensemble: Ensemble(members))
  }

  private func train(
    _ member: Int, _ inputs: Matrix, _ stays: [Int], _ rows: [Int], _ stage: String,
    _ checkpoints: TrainingCheckpoints?, _ progress: @escaping @Sendable (TrainingProgress) -> Void
  ) throws -> Network {
    let whole = networks.ensemble.members[member]
    let heads = whole.ownHeads
    let trainer = try Trainer(
      heads.architecture,
      TrainingConfiguration(
        objectives: experiment.configuration.heads.map {
          Objective(head: $0.name, loss: $0.loss ?? .crossEntropy, weight: $0.weight ?? 1)
        }, learningRate: Self.learningRate, schedule: .cosine, gradientClip: 1, batchSize: Self.batchSize,
        epochs: Self.epochs, seed: experiment.configuration.seed))
    let tuned = try trainer.train(
      inputs: { inputs.gathering($0) }, targets: experiment.targets,
      rows: { _, random in experiment.sample(stays, rows, &random) }, initial: heads, member: member,
      resuming: try checkpoints?.load(stage: stage, member: member, of: trainer),
      progress: { step in
        checkpoints?.save(step.checkpoint, stage: stage, of: trainer)
        progress(step)
      })
    return whole.replacing(heads: tuned)
  }
}

extension ExperimentConfiguration {
  /// The same with some of its heads alone, and the outcomes and rules that name no other.
  func keeping(heads names: Set<String>) -> ExperimentConfiguration {
    var result = self
    result.heads.removeAll { !names.contains($0.name) }
    result.model.outcomes.removeAll { !names.contains($0.head) }
    if let survival = model.survival, !names.contains(survival.head) { result.model.survival = nil }
    result.sampling?.positives?.removeAll { !names.contains($0) }
    if !names.contains(validation.stratifiedBy), let first = result.model.outcomes.first {
      result.validation.stratifiedBy = first.head
    }
    return result
  }

  /// The configuration of a package that began with this one's and is fitted to a data set.
  ///
  /// - Parameters:
  ///   - dataSet: the local one; its rows are those of the first data set.
  package func fitted(
    to dataSet: DataSet, id: String, version: String, folds: Int, seed: UInt64, parent: ModelManifest.Parent
  ) -> ExperimentConfiguration {
    var result = self
    result.model.id = id
    result.model.version = version
    result.dataSets.append(dataSet)
    for index in result.heads.indices { result.heads[index].dataSets?.append(dataSet.reader) }
    result.validation.folds = folds
    result.seed = seed
    result.parent = parent
    return result
  }
}
