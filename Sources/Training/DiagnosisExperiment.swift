// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

/// Sepsis each hour of an ICU stay (PhysioNet 2019).
///
/// A multilayer perceptron with two logits: the challenge's label, and whether an alarm pays by the challenge's utility.
package struct DiagnosisExperiment: Sendable {
  /// Share of the hours of stays without sepsis that an epoch sees, drawn afresh.
  private static let sample = 0.35

  /// Decides every random number.
  package var seed: UInt64 = 2019
  /// Ensemble members.
  package var members = 8
  /// Passes over the data.
  package var epochs = 2
  /// Threads.
  package var jobs = 2
  /// Feature vectors, a row an hour, stay after stay.
  package let table: FeatureTable
  /// The label of each row.
  package let labels: [Bool]
  /// The rows of each stay.
  package let stays: [Range<Int>]
  /// Whether each stay has a positive hour.
  package let isSeptic: [Bool]

  /// An experiment on stays, given each by its vectors (`FeatureVector.values`, hour after hour) and labels.
  package init(profile: FeatureProfile, stays given: consuming [(vectors: [Float], labels: [Bool])]) {
    var table = FeatureTable(columns: profile.columns)
    table.reserve(rows: given.reduce(0) { $0 + $1.labels.count })
    var (labels, stays) = ([Bool](), [Range<Int>]())
    for stay in given {
      table.append(stay.vectors)
      stays.append(labels.count..<labels.count + stay.labels.count)
      labels += stay.labels
    }
    self.table = table
    self.labels = labels
    self.stays = stays
    isSeptic = stays.map { labels[$0].contains(true) }
  }

  /// Fits encoding and ensemble to some of the stays.
  package func fit(
    stays chosen: [Int], progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws -> TrainedModel {
    let rows = chosen.flatMap { Array(stays[$0]) }
    // Percentiles and moments of a tenth of the hours are those of all to three digits.
    let encoding = InputEncoding(
      fitting: table, rows: stride(from: 0, to: rows.count, by: 10).map { rows[$0] }, leastObserved: 0.001, clip: 4
    ) { _ in false }
    guard let encoder = InputEncoder(encoding, columns: table.columns) else { throw DatasetError.tooFewStays }
    let architecture = NetworkArchitecture(
      inputs: encoding.width, hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.3,
      heads: [
        Head(name: "sepsis", kind: .sigmoid, outputs: 1, initialBias: -4),
        Head(name: "alarm-pays", kind: .sigmoid, outputs: 1, initialBias: -2),
      ])
    let configuration = TrainingConfiguration(
      objectives: [Objective(head: "sepsis"), Objective(head: "alarm-pays", weight: 2)], learningRate: 3e-3,
      schedule: .oneCycle(warmUp: 0.15), weightDecay: 0.05, gradientClip: 1, batchSize: 2048, epochs: epochs,
      seed: seed)
    let trainer = try Trainer(architecture, configuration)
    let septic = chosen.flatMap { stay in Array(repeating: isSeptic[stay], count: stays[stay].count) }
    let inputs = table.encoded(encoder, rows: rows)
    let targets = targets(chosen, septic)
    let ensemble = try await Ensemble.train(
      trainer, inputs: inputs, targets: targets, count: members, threads: jobs,
      rows: { _, random in
        septic.indices.filter { septic[$0] || random.uniform() < Self.sample }
      }, progress: progress)
    return TrainedModel(encoder: encoder, ensemble: ensemble)
  }

  private func targets(_ chosen: [Int], _ septic: [Bool]) -> [Target] {
    var (sepsis, pays, stakes) = ([Float](), [Float](), [Float]())
    for stay in chosen {
      let labels = Array(labels[stays[stay]])
      let utility = SepsisUtility.hours(labels)
      for (hour, label) in labels.enumerated() {
        let gain = utility.alarm[hour] - utility.silence[hour]
        sepsis.append(label ? 1 : 0)
        pays.append(gain > 0 ? 1 : 0)
        stakes.append(Float(abs(gain)))
      }
    }
    // Sampled hours stand for all hours of their kind.
    let weights = septic.map { $0 ? 1 : Float(1 / Self.sample) }
    return [
      Target(labels: sepsis, weights: weights),
      Target(labels: pays, weights: zip(stakes, weights).map { $0 * $1 }),
    ]
  }
}

extension DiagnosisExperiment {
  /// The threshold that earns most utility over some stays.
  package func threshold(_ probabilities: [Double], stays chosen: [Int]) -> Double {
    // Sorted from the highest probability down, the utility of alarming the first n hours is a running sum.
    var gains: [(probability: Double, gain: Double)] = []
    for stay in chosen {
      let utility = SepsisUtility.hours(Array(labels[stays[stay]]))
      for (hour, row) in stays[stay].enumerated() {
        gains.append((probabilities[row], utility.alarm[hour] - utility.silence[hour]))
      }
    }
    gains.sort { $0.probability > $1.probability }
    var (sum, best, threshold) = (0.0, 0.0, 1.0)
    for (index, entry) in gains.enumerated() {
      sum += entry.gain
      let isLast = index + 1 == gains.count || gains[index + 1].probability < entry.probability
      if isLast, sum > best { (best, threshold) = (sum, entry.probability) }
    }
    return threshold
  }

  /// Trains on all folds of stays but one and scores what the networks say of the hours of the one held back.
  package func crossValidate(
    folds: Folds, progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws -> (outOfFold: OutOfFold, evaluation: Evaluation) {
    var result = OutOfFold(
      logits: Array(repeating: 0, count: labels.count), fold: Array(repeating: 0, count: labels.count), labels: labels,
      folds: folds.count)
    var alone = result.logits
    for number in 0..<folds.count {
      let model = try await fit(stays: folds.kept(number)) { progress(number, $0) }
      let one = TrainedModel(encoder: model.encoder, ensemble: Ensemble([model.ensemble.members[0]]))
      let held = folds.held(number).flatMap { Array(stays[$0]) }
      let mean = model.meanLogits(table, rows: held, head: 0)
      let first = one.meanLogits(table, rows: held, head: 0)
      for (position, row) in held.enumerated() {
        result.logits[row] = mean[position]
        result.fold[row] = number
        alone[row] = first[position]
      }
    }
    let probabilities = try result.probabilities()
    var alarms = Array(repeating: false, count: labels.count)
    for number in 0..<folds.count {
      let threshold = threshold(probabilities, stays: folds.kept(number))
      for stay in folds.held(number) { for row in stays[stay] { alarms[row] = probabilities[row] >= threshold } }
    }
    let evaluation = Evaluation(
      dataSet: "PhysioNet/CinC Challenge 2019, training sets A and B, four fifths of the stays",
      method: "Cross-validation by stay, stratified by sepsis; every hour scored; calibration and threshold of a fold "
        + "from the other folds.",
      folds: folds.count, stays: stays.count, members: members, seed: seed,
      crossValidation: Scores.hours(
        probabilities: probabilities, labels: labels, alarms: alarms, stays: stays, threshold: nil),
      aurocByFold: result.aurocByFold(), aurocOfOneMember: BinaryEvaluation(scores: alone, labels: labels).auroc)
    return (result, evaluation)
  }
}
