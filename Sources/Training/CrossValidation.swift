// SPDX-License-Identifier: Apache-2.0
import Features
package import Networks

/// What the networks of each fold say of the stays that they were not trained on.
package struct CrossValidation: Sendable {
  /// The scored rows of the table, ascending.
  package private(set) var rows: [Int]
  /// The fold of each of them.
  package private(set) var fold: [Int]
  /// By head the mean logit of each of them; nil for heads of several outputs.
  package private(set) var logits: [[Double]?]
  /// The same of the first member alone.
  package private(set) var firstLogits: [[Double]?]
  /// The mean survival curve of each row; nil without a hazard head.
  package private(set) var curves: [SurvivalCurve]?
  /// What is made of each head that has a threshold.
  package private(set) var outcomes: [CalibratedOutcome] = []
  /// Number of folds.
  package let folds: Int
  private let heads: [HeadDefinition]

  init(_ table: StayTable, heads: [HeadDefinition], folds: Folds) {
    self.heads = heads
    self.folds = folds.count
    rows = table.isScored.indices.filter { table.isScored[$0] }
    fold = []
    let count = rows.count
    logits = heads.map { $0.outputs == 1 ? [Double](repeating: 0, count: count) : nil }
    firstLogits = logits
    let hazard = heads.first { $0.kind == .hazard }
    curves = hazard.flatMap(\.binEnds).map { ends in
      Array(repeating: SurvivalCurve(hazards: ends.map { _ in 0 }, ends: ends), count: count)
    }
    var foldOfRow = [Int](repeating: 0, count: table.hours.count)
    for (stay, record) in table.records.enumerated() { for row in record.rows { foldOfRow[row] = folds.fold[stay] } }
    fold = rows.map { foldOfRow[$0] }
  }

  /// Asks the model of a fold for the rows of the stays held back.
  mutating func predict(_ model: TrainedModel, _ table: StayTable, fold number: Int, jobs: Int) async {
    let positions = fold.indices.filter { fold[$0] == number }
    await model.predict(table.features, rows: positions.map { rows[$0] }, jobs: jobs) { batch, members in
      for head in heads.indices where logits[head] != nil {
        let mean = TrainedModel.meanLogits(members, head: head)
        for (offset, position) in positions[batch].enumerated() {
          logits[head]?[position] = mean[offset]
          firstLogits[head]?[position] = Double(members[0][head][offset, 0])
        }
      }
      guard let hazard = heads.firstIndex(where: { $0.kind == .hazard }), let ends = heads[hazard].binEnds else {
        return
      }
      for (offset, position) in positions[batch].enumerated() {
        curves?[position] = SurvivalCurve(
          mean: members.map { SurvivalCurve(logits: $0[hazard].row(offset), ends: ends) })
      }
    }
  }

  /// Calibrates the outcomes, when all folds have been asked.
  mutating func calibrate(_ table: StayTable) throws(NetworkError) {
    outcomes = []
    for (index, head) in heads.enumerated() where head.threshold != nil {
      outcomes.append(try CalibratedOutcome(head, index: index, outOfFold(head: index, table), table))
    }
  }

  /// What was said of one head, on the rows that have its label.
  package func outOfFold(head: Int, _ table: StayTable, ofFirstMember: Bool = false) -> OutOfFold {
    let all = (ofFirstMember ? firstLogits : logits)[head] ?? []
    var result = OutOfFold(rows: [], logits: [], fold: [], labels: [], stays: [], folds: folds)
    var stay = 0
    var start = 0
    for (position, row) in rows.enumerated() where table.labels[head].weights[row] > 0 {
      while row >= table.records[stay].rows.upperBound {
        if result.rows.count > start { result.stays.append(start..<result.rows.count) }
        start = result.rows.count
        stay += 1
      }
      result.rows.append(row)
      result.logits.append(all[position])
      result.fold.append(fold[position])
      result.labels.append(table.labels[head].values[row] > 0.5)
    }
    if result.rows.count > start { result.stays.append(start..<result.rows.count) }
    return result
  }
}
