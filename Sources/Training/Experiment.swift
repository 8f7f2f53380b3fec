// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// A configuration and the data it is applied to: fits encodings and ensembles to some of the stays.
package struct Experiment: Sendable {
  package internal(set) var configuration: ExperimentConfiguration
  package let table: StayTable
  /// Threads; they change no bit of the result.
  package var jobs = 2
  /// Where trainings leave their state; nil: nowhere.
  package var checkpoints: TrainingCheckpoints?
  /// By head: what each row should say, weighted for the sampling.
  let targets: [Target]
  /// The input of a stay of which nothing is known, and the group under which each product's inputs are removed.
  private let empty: FeatureVector
  private let sequence: FeatureSequence?
  /// Columns that tell of the charting, not of the patient; the hour of the stay is no habit.
  private let habits: Set<String>
  /// Columns that no noise of a measurement moves: the charting, the hour, what is known once for a stay.
  private let unmeasured: Set<String>
  private let seriesOfProducts: [String: String]
  /// Rows of stays that every epoch sees whole; empty without sampling by share.
  private let isAlwaysSeen: [Bool]

  /// An experiment.
  ///
  /// - Throws: `ExperimentError.noRows` when no row has a label of a head.
  package init(_ configuration: ExperimentConfiguration, profile: FeatureProfile, table: StayTable)
    throws(ExperimentError)
  {
    self.configuration = configuration
    self.table = table
    empty = profile.vector(Timeline(profile), atHour: profile.eligibility.fromHour)
    sequence = profile.sequence
    let kinds = zip(profile.columns, profile.columnKinds)
    habits = Set(kinds.filter { $1 == .habit && $0.id != "hour" }.map(\.0.id))
    unmeasured = habits.union(profile.statics.map(\.id) + ["hour"])
    seriesOfProducts = Dictionary(
      profile.products.map { ($0.id, $0.group ?? $0.id) }, uniquingKeysWith: { first, _ in first })
    for (head, labels) in zip(configuration.heads, table.labels) where !labels.weights.contains(where: { $0 > 0 }) {
      throw ExperimentError(.noRows, detail: head.name)
    }
    var isAlwaysSeen: [Bool] = []
    var weights: [Float]?
    if let share = configuration.sampling?.share {
      isAlwaysSeen = [Bool](repeating: false, count: table.hours.count)
      for head in (configuration.sampling?.positives ?? []).compactMap(configuration.head) {
        for (record, isPositive) in zip(table.records, table.positives(head: head)) where isPositive {
          for row in record.rows { isAlwaysSeen[row] = true }
        }
      }
      for record in table.records where configuration.sampling?.whole?.contains(record.dataSet) == true {
        for row in record.rows { isAlwaysSeen[row] = true }
      }
      // Sampled rows stand for all rows of their kind.
      weights = isAlwaysSeen.map { $0 ? 1 : Float(1 / share) }
    }
    self.isAlwaysSeen = isAlwaysSeen
    let rows = table.hours.count
    targets = zip(configuration.heads, table.labels).map { head, labels in
      var factors = labels.weights
      if let weights {
        for index in factors.indices { factors[index] *= weights[index / head.outputs] }
      }
      return Target(
        labels: Matrix(rows: rows, columns: head.outputs, values: labels.values),
        weights: Matrix(rows: rows, columns: head.outputs, values: factors))
    }
  }

  /// The strata of cross-validation: by data set, stays with a positive row of the configured head and those without.
  package var strata: [Int] {
    let names = configuration.dataSets.map(\.reader)
    let positives = configuration.head(configuration.validation.stratifiedBy).map { table.positives(head: $0) } ?? []
    return zip(table.records, positives).map { record, isPositive in
      2 * (names.firstIndex(of: record.dataSet) ?? 0) + (isPositive ? 0 : 1)
    }
  }

  /// The folds of the configuration.
  package var folds: Folds {
    Folds(
      strata: strata, patients: table.records.map { "\($0.dataSet)/\($0.patient)" },
      count: configuration.validation.folds, seed: configuration.seed)
  }

  /// Fits encoding and ensemble to some of the stays.
  ///
  /// - Parameters:
  ///   - stays: indexes of `table.records`.
  ///   - stage: the name under which checkpoints are kept, such as `fold-1`.
  ///   - progress: called after each epoch of each member, from several threads.
  package func fit(
    stays: [Int], stage: String, progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws -> TrainedModel {
    let rows = stays.flatMap { Array(table.records[$0].rows) }
    let encoder = try encoder(rows)
    let members = try trainers(encoder)
    let networks = try await withThrowingTaskGroup(of: (Int, Network).self) { group in
      var networks = [Network?](repeating: nil, count: members.count)
      for (member, trainer) in members.enumerated() {
        if member >= max(jobs, 1), let (index, network) = try await group.next() { networks[index] = network }
        group.addTask {
          let network = try train(
            trainer, member: member, stays: stays, rows: rows, encoder: encoder, stage: stage, progress: progress)
          return (member, network)
        }
      }
      for try await (index, network) in group { networks[index] = network }
      return networks.compactMap(\.self)
    }
    return TrainedModel(encoder: encoder, ensemble: Ensemble(networks))
  }

  private func encoder(_ rows: [Int]) throws(ExperimentError) -> InputEncoder {
    let rule = configuration.encoding
    let chosen = stride(from: 0, to: rows.count, by: rule.rowStride ?? 1).map { rows[$0] }
    let suffixes = rule.flags.filter { $0.hasPrefix("*") }.map { $0.dropFirst() }
    let encoding = InputEncoding(
      fitting: table.features, rows: chosen, leastObserved: rule.leastObserved, clip: rule.clip,
      leftOut: rule.withoutHabits == true ? habits : [],
      cuts: rule.cuts ?? [], cutColumns: unmeasured,
      sequence: configuration.networks.contains { $0.architecture.readsSequence } ? sequence : nil
    ) { column in
      rule.flags.contains(column.id) || suffixes.contains { column.id.hasSuffix($0) }
    }
    guard let encoder = InputEncoder(encoding, columns: table.features.columns), encoding.width > 0 else {
      throw ExperimentError(.noRows)
    }
    return encoder
  }

  /// One trainer a member, in their order.
  private func trainers(_ encoder: InputEncoder) throws -> [Trainer] {
    let heads = configuration.heads.map {
      Head(name: $0.name, kind: $0.kind, outputs: $0.outputs, initialBias: $0.initialBias)
    }
    return try configuration.networks.flatMap { group in
      let objectives = configuration.heads.map { head in
        Objective(
          head: head.name, loss: head.loss ?? .crossEntropy,
          weight: group.headWeights?[head.name] ?? head.weight ?? 1)
      }
      let dropout = group.variableDropout.map { removal in
        VariableDropout(
          maximumRate: removal.maximumRate, groups: variables(encoder, keeping: Set(removal.keeping)),
          missing: encoder.encode(empty))
      }
      let trainer = try Trainer(
        group.architecture.architecture(encoder, heads: heads),
        TrainingConfiguration(
          objectives: objectives, optimizer: group.optimizer, learningRate: group.learningRate,
          schedule: group.schedule, weightDecay: group.weightDecay, gradientClip: group.gradientClip,
          batchSize: group.batchSize, epochs: group.epochs, variableDropout: dropout, seed: configuration.seed))
      return Array(repeating: trainer, count: group.members)
    }
  }

  /// Inputs that are removed together: those of a series and the products that hang on it.
  private func variables(_ encoder: InputEncoder, keeping known: Set<String>) -> [[Int]] {
    var order: [String] = []
    var groups: [String: [Int]] = [:]
    for (input, series) in encoder.series.enumerated() {
      let name = seriesOfProducts[series] ?? series
      guard !known.contains(name) else { continue }
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(input)
    }
    return order.map { groups[$0] ?? [] }
  }

  private func train(
    _ trainer: Trainer, member: Int, stays: [Int], rows: [Int], encoder: InputEncoder, stage: String,
    progress: @escaping @Sendable (TrainingProgress) -> Void
  ) throws -> Network {
    let resumed = try checkpoints?.load(stage: stage, member: member, of: trainer)
    return try trainer.train(
      inputs: { table.features.encoded(encoder, rows: $0) }, targets: targets,
      rows: { _, random in sample(stays, rows, &random) }, member: member, resuming: resumed,
      progress: { step in
        checkpoints?.save(step.checkpoint, stage: stage, of: trainer)
        progress(step)
      })
  }

  /// The rows of an epoch.
  package func sample(_ stays: [Int], _ rows: [Int], _ random: inout RandomSource) -> [Int] {
    if let share = configuration.sampling?.share {
      return rows.filter { isAlwaysSeen[$0] || random.uniform() < share }
    }
    guard let sampling = configuration.sampling, let count = sampling.rowsPerStay else { return rows }
    return stays.flatMap { stay in
      let isSeen = table.records[stay].rows.map { sampling.always?.contains(table.hours[$0]) ?? false }
      let always = zip(table.records[stay].rows, isSeen).filter(\.1).map(\.0)
      var others = zip(table.records[stay].rows, isSeen).filter { !$0.1 }.map(\.0)
      random.shuffle(&others)
      return always + others.prefix(count)
    }
  }
}
