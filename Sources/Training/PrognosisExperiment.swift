// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// Hospital death and survival to a year from the features at hour 48 of an ICU stay (PhysioNet 2012).
///
/// A multilayer perceptron with a death logit and 12 hazard logits, eight times; whole-variable dropout.
package struct PrognosisExperiment: Sendable {
  /// Ends of the hazard bins in days after ICU admission.
  package static let binEnds: [Double] = [3, 4, 5, 7, 10, 14, 21, 30, 60, 120, 240, 365]

  /// Decides every random number.
  package var seed: UInt64 = 2012
  /// Ensemble members.
  package var members = 8
  /// Passes over the data.
  package var epochs = 10
  /// Threads.
  package var jobs = 2
  /// Feature vectors, a row a stay.
  package let table: FeatureTable
  /// Outcomes by row.
  package let outcomes: [HospitalOutcome]
  /// The encoding of a stay of which nothing is known, from the profile.
  private let empty: FeatureVector
  private let seriesOfProducts: [String: String]

  package init(profile: FeatureProfile, vectors: [FeatureVector], outcomes: [HospitalOutcome]) {
    var table = FeatureTable(columns: profile.columns)
    table.reserve(rows: vectors.count)
    for vector in vectors { table.append(vector) }
    self.table = table
    self.outcomes = outcomes
    empty = profile.vector(Timeline(profile), atHour: profile.eligibility.assessedAtHour ?? 48)
    seriesOfProducts = Dictionary(
      profile.products.map { ($0.id, $0.group ?? $0.id) }, uniquingKeysWith: { first, _ in first })
  }

  /// Fits encoding and ensemble to some of the stays.
  package func fit(
    rows: [Int], progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws -> TrainedModel {
    let encoding = InputEncoding(fitting: table, rows: rows, leastObserved: 0.02, clip: 4) { column in
      column.id.hasSuffix(".mean") || column.id.hasSuffix(".mean.24-0") || column.id == "height"
    }
    guard let encoder = InputEncoder(encoding, columns: table.columns) else { throw DatasetError.tooFewStays }
    let architecture = NetworkArchitecture(
      inputs: encoding.width, hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.5,
      heads: [
        Head(name: "death", kind: .sigmoid, outputs: 1, initialBias: -1.8),
        Head(name: "hazard", kind: .hazard, outputs: Self.binEnds.count, initialBias: -3),
      ])
    let configuration = TrainingConfiguration(
      objectives: [Objective(head: "death"), Objective(head: "hazard", weight: 0.7)], learningRate: 3e-3,
      schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.3, gradientClip: 1, batchSize: 256, epochs: epochs,
      variableDropout: VariableDropout(
        maximumRate: 0.3, groups: variables(encoder), missing: encoder.encode(empty)), seed: seed)
    let trainer = try Trainer(architecture, configuration)
    let inputs = table.encoded(encoder, rows: rows)
    let targets = targets(rows)
    let all = Array(0..<rows.count)
    let ensemble = try await Ensemble.train(
      trainer, inputs: inputs, targets: targets, count: members, threads: jobs, rows: { _, _ in all },
      progress: progress)
    return TrainedModel(encoder: encoder, ensemble: ensemble)
  }

  /// Inputs that are removed together: those of a series and the products that hang on it. What is known of the person
  /// stays.
  private func variables(_ encoder: InputEncoder) -> [[Int]] {
    let known: Set = ["age", "sex", "height", "unit-type", "observations"]
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

  /// Labels of the two heads. No death recorded counts as alive at the last bin's end (administrative censoring).
  private func targets(_ rows: [Int]) -> [Target] {
    let outcomes = rows.map { self.outcomes[$0] }
    let horizon = Self.binEnds[Self.binEnds.count - 1]
    var survival = Target.hazard(
      times: outcomes.map { $0.survivalDays ?? horizon }, events: outcomes.map { $0.survivalDays != nil },
      ends: Self.binEnds)
    var weights = survival.weights ?? Matrix(rows: rows.count, columns: Self.binEnds.count, repeating: 1)
    for (row, outcome) in outcomes.enumerated() where !outcome.isSurvivalValid {
      for bin in Self.binEnds.indices { weights[row, bin] = 0 }
    }
    survival.weights = weights
    return [Target(labels: outcomes.map { $0.died ? 1 : 0 }), survival]
  }
}

extension PrognosisExperiment {
  /// Deaths by row.
  package var labels: [Bool] { outcomes.map(\.died) }

  /// The threshold at which min(sensitivity, precision) peaks.
  package static func threshold(_ probabilities: [Double], _ labels: [Bool]) -> Double {
    BinaryEvaluation(scores: probabilities, labels: labels).bestScore1?.threshold ?? 0.5
  }

  /// Trains on all folds but one, five times, and scores what the networks say of the fifth.
  package func crossValidate(
    folds: Folds, progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws -> (outOfFold: OutOfFold, evaluation: Evaluation) {
    let labels = labels
    var result = OutOfFold(
      logits: Array(repeating: 0, count: labels.count), fold: folds.fold, labels: labels, folds: folds.count)
    var alone = result
    var curves: [SurvivalCurve?] = Array(repeating: nil, count: labels.count)
    for number in 0..<folds.count {
      let model = try await fit(rows: folds.kept(number)) { progress(number, $0) }
      let held = folds.held(number)
      let mean = model.meanLogits(table, rows: held, head: 0)
      let members = model.logits(table, rows: held)
      for (position, row) in held.enumerated() {
        result.logits[row] = mean[position]
        alone.logits[row] = Double(members[0][0][position, 0])
        curves[row] = SurvivalCurve(
          mean: members.map { SurvivalCurve(logits: $0[1].row(position), ends: Self.binEnds) })
      }
    }
    let probabilities = try result.probabilities()
    let alarms = result.alarms(probabilities) { rows in
      Self.threshold(rows.map { probabilities[$0] }, rows.map { labels[$0] })
    }
    var scores = Scores.stays(probabilities: probabilities, labels: labels, alarms: alarms, threshold: nil)
    let valid = outcomes.indices.filter { outcomes[$0].isSurvivalValid }
    let predicted = valid.compactMap { curves[$0] }
    let horizon = Self.binEnds[Self.binEnds.count - 1]
    let survival = SurvivalEvaluation(
      times: valid.map { outcomes[$0].survivalDays ?? horizon }, events: valid.map { outcomes[$0].survivalDays != nil }
    ).censored(at: horizon)
    scores.concordance = survival.concordance(risks: predicted.map { 1 - $0.probability(at: horizon) })
    scores.integratedBrier = survival.integratedBrier(predicted, from: 2, to: horizon)
    let evaluation = Evaluation(
      dataSet: "PhysioNet/CinC Challenge 2012, sets a and b",
      method: "Stratified cross-validation by stay; calibration and threshold of a fold from the other folds.",
      folds: folds.count, stays: labels.count, members: members, seed: seed, crossValidation: scores,
      aurocByFold: result.aurocByFold(),
      aurocOfOneMember: BinaryEvaluation(scores: alone.logits, labels: labels).auroc)
    return (result, evaluation)
  }
}
