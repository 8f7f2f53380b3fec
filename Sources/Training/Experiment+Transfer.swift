// SPDX-License-Identifier: Apache-2.0
import Features
package import Networks

extension Experiment {
  /// What networks that learned at one site of a data set are worth at each other: the only honest guess of what a new
  /// hospital may expect. Calibration and threshold come from the home site's first fold, which the networks did not see;
  /// the other site gives its charts and no label.
  ///
  /// - Returns: nil unless the configuration asks for it.
  package func transfers(
    progress: @escaping @Sendable (_ site: String, TrainingProgress) -> Void = { _, _ in }
  ) async throws -> [Evaluation.Transfer]? {
    guard let dataSet = configuration.validation.acrossSites else { return nil }
    let folds = folds
    func stays(_ isChosen: (Int) -> Bool) -> [Int] {
      table.records.indices.filter { table.records[$0].dataSet == dataSet && isChosen($0) }
    }
    let sites = Set(stays { _ in true }.map { table.records[$0].site }).sorted()
    var result: [Evaluation.Transfer] = []
    for home in sites {
      let model = try await fit(
        stays: stays { table.records[$0].site == home && folds.fold[$0] != 0 }, stage: "site-\(home)"
      ) { progress(home, $0) }
      let held = stays { table.records[$0].site == home && folds.fold[$0] == 0 }
      let atHome = await logits(model, held)
      for other in sites where other != home {
        let away = stays { table.records[$0].site == other }
        let adapted = model.adapted(
          to: table.features, rows: rows(away), leastObserved: configuration.encoding.leastObserved)
        let (plain, scaled) = (await logits(model, away), await logits(adapted, away))
        var outcomes: [Evaluation.Transfer.Outcome] = []
        for (index, head) in configuration.heads.enumerated() {
          guard let rule = head.threshold else { continue }
          let learned = scored(index, held, atHome[index])
          guard let calibration = try? PlattScaling(fitting: learned.probabilities, labels: learned.labels) else {
            continue
          }
          let threshold = rule.threshold(
            learned.probabilities.map(calibration.probability), learned.labels, stays: learned.stays,
            days: learned.days.reduce(0, +))
          func scores(_ rows: ScoredRows) -> Scores {
            var rows = rows
            rows.probabilities = rows.probabilities.map(calibration.probability)
            rows.alarms = rows.probabilities.map { $0 >= threshold ?? .infinity }
            return rows.scores(threshold: threshold)
          }
          let both = zip(plain[index], scaled[index]).map { ($0 + $1) / 2 }
          outcomes.append(
            .init(
              head: head.name, atHome: scores(learned), asItIs: scores(scored(index, away, plain[index])),
              scaled: scores(scored(index, away, scaled[index])), meanOfBoth: scores(scored(index, away, both))))
        }
        result.append(.init(dataSet: dataSet, from: home, to: other, outcomes: outcomes))
      }
    }
    return result
  }

  private func rows(_ stays: [Int]) -> [Int] { stays.flatMap { Array(table.records[$0].rows) } }

  /// By head the mean logit of each row of some stays; none of a head of several outputs.
  private func logits(_ model: TrainedModel, _ stays: [Int]) async -> [[Double]] {
    let (rows, heads) = (rows(stays), configuration.heads)
    var result = heads.map { [Double](repeating: 0, count: $0.outputs == 1 ? rows.count : 0) }
    await model.predict(table.features, rows: rows, jobs: jobs) { batch, members in
      for head in heads.indices where heads[head].outputs == 1 {
        for (position, mean) in zip(batch, TrainedModel.meanLogits(members, head: head)) {
          result[head][position] = mean
        }
      }
    }
    return result
  }

  /// The rows of some stays that have a head's label, with their logits in the place of probabilities, and no alarm yet.
  private func scored(_ head: Int, _ stays: [Int], _ logits: [Double]) -> ScoredRows {
    var result = ScoredRows()
    var position = 0
    for stay in stays {
      let record = table.records[stay]
      let start = result.labels.count
      for row in record.rows {
        defer { position += 1 }
        guard table.labels[head].weights[row] > 0 else { continue }
        result.probabilities.append(logits[position])
        result.labels.append(table.labels[head].values[row] > 0.5)
        result.hours.append(table.hours[row])
      }
      guard result.labels.count > start else { continue }
      result.stays.append(start..<result.labels.count)
      result.records.append(record)
    }
    result.alarms = result.labels.map { _ in false }
    result.describe(configuration.heads[head])
    return result
  }
}
