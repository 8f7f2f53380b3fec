// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR
package import Networks
package import Training

/// What one model said month by month: against its cross-validation, against what happened, and how often nothing was said.
package struct OutputDrift: Sendable {
  /// One outcome in one month of admission.
  package struct Month: Sendable {
    package var month: String
    package var outcome: String
    package var rows: Int
    package var stays: Int
    /// Share of the rows of which nothing was stated.
    package var abstained: Double
    package var meanProbability: Double?
    /// Nil where the package carries no distribution of its probabilities, or there are too few rows.
    package var index: StabilityIndex?
    /// Stays with labelled rows.
    package var judgedStays = 0
    /// Share of the labelled rows that are positive.
    package var observed: BinomialInterval?
    /// Mean probability of the labelled rows.
    package var expected: Double?
  }

  package private(set) var months: [Month] = []
  package private(set) var findings: [DriftFinding] = []

  /// - Parameters:
  ///   - evaluation: of the package's training, whose calibration bins say how its probabilities were distributed.
  ///   - scoredAtHour: by head the one hour of the stay at which they were scored; others were at all hours.
  package init(
    _ table: EvidenceTable, model: Int, _ package: ModelPackage, evaluation: Evaluation?,
    scoredAtHour: [String: Double]
  ) {
    var stays: [String: [Int]] = [:]
    for (index, record) in table.records.enumerated() {
      guard let origin = record.rows.lazy.compactMap({ table.models[model].origins[$0] }).first else { continue }
      stays[String(origin.description.prefix(7)), default: []].append(index)
    }
    let names = stays.keys.sorted()
    let test = DriftTest(count: 3 * package.predictors.count)
    for (place, predictor) in package.predictors.enumerated() {
      let head = predictor.outcome.head
      let said = table.models[model].outcomes[place]
      let bins = evaluation?.outcomes.first { $0.head == head }?.report?.calibration ?? []
      let silent = names.map { Self.silence(table, said, stays[$0] ?? []) }
      for (index, name) in names.enumerated() {
        let own = stays[name] ?? []
        var month = Month(month: name, outcome: head, rows: 0, stays: own.count, abstained: 0)
        let clusters = own.map { record in table.records[record].rows.filter { said.probabilities[$0].isFinite } }
          .filter { !$0.isEmpty }
        month.rows = own.reduce(0) { $0 + table.records[$1].rows.count }
        month.abstained = silent[index].share
        let probabilities = clusters.flatMap { $0.map { said.probabilities[$0] } }
        if !probabilities.isEmpty { month.meanProbability = probabilities.reduce(0, +) / Double(probabilities.count) }
        let judged = clusters.map { $0.filter { said.labels[$0] != nil } }.filter { !$0.isEmpty }
        // The bins of the evaluation hold rows of which it is known what happened: only such are compared.
        month.index = Self.index(
          judged.map { $0.filter { row in scoredAtHour[head].map { table.models[model].hours[row] == $0 } ?? true } }
            .map { $0.map { said.probabilities[$0] } }, bins)
        month.judgedStays = judged.count
        month.observed = BinomialInterval(
          clusters: judged.map { rows in (count: rows.count { said.labels[$0] == true }, total: rows.count) })
        let expected = judged.flatMap { $0.map { said.probabilities[$0] } }
        if !expected.isEmpty { month.expected = expected.reduce(0, +) / Double(expected.count) }
        months.append(month)
        find(month, predictor.outcome.summary, silent, index, test)
      }
    }
  }

  private mutating func find(
    _ month: Month, _ title: String, _ silent: [(share: Double, rows: Double)], _ index: Int, _ test: DriftTest
  ) {
    func add(_ kind: DriftFinding.Kind, _ size: Double, _ text: String) {
      findings.append(
        DriftFinding(kind: kind, month: month.month, name: month.outcome, title: title, size: size, text: text))
    }
    if let found = month.index, found.value >= StabilityIndex.limit, test.isFound(chance: found.chance) {
      add(.output, found.value, "the probabilities are distributed otherwise than in cross-validation")
    }
    let others = silent.indices.filter { $0 != index }.map { silent[$0] }
    let rows = others.reduce(0) { $0 + $1.rows }
    let usual = rows > 0 ? others.reduce(0) { $0 + $1.share * $1.rows } / rows : 0
    if test.differ(month.abstained, silent[index].rows, usual, rows) {
      add(
        .abstention, month.abstained - usual,
        "not stated in \(percent(month.abstained)) of rows, in other months in \(percent(usual))")
    }
    // Off by a fifth, and beyond the interval of 95 % carried to the level of the test. Of a few stays no interval holds.
    if Double(month.judgedStays) >= FeatureDrift.fewestRows, let observed = month.observed,
      let expected = month.expected,
      expected < 0.8 * observed.share || expected > 1.25 * observed.share
    {
      let side = expected > observed.share ? observed.high - observed.share : observed.share - observed.low
      let chance = side > 0 ? 2 * StabilityIndex.tail(abs(expected - observed.share) / (side / 1.96)) : 1
      if test.isFound(chance: chance) {
        add(
          .calibration, expected - observed.share, "predicted \(percent(expected)), observed \(percent(observed.share))"
        )
      }
    }
  }

  /// The share of rows of which nothing is stated, and the independent rows it stands for.
  private static func silence(
    _ table: EvidenceTable, _ said: EvidenceTable.Outcome, _ stays: [Int]
  ) -> (share: Double, rows: Double) {
    let clusters = stays.map { stay in
      let rows = table.records[stay].rows
      return (count: rows.count { !said.probabilities[$0].isFinite }, total: rows.count)
    }
    let total = clusters.reduce(0) { $0 + $1.total }
    guard total > 0 else { return (0, 0) }
    let share = Double(clusters.reduce(0) { $0 + $1.count }) / Double(total)
    let squares = clusters.reduce(0.0) { $0 + Double($1.total * $1.total) }
    return (share, Double(total * total) / squares)
  }

  /// The index against bins of equal count, whose bounds lie between the means of neighbours: the evaluation has no others.
  private static func index(_ stays: [[Double]], _ bins: [OutcomeReport.CalibrationBin]) -> StabilityIndex? {
    let rows = stays.reduce(0) { $0 + $1.count }
    let squares = stays.reduce(0.0) { $0 + Double($1.count * $1.count) }
    let effective = squares > 0 ? Double(rows * rows) / squares : 0
    guard bins.count > 1, effective >= FeatureDrift.fewestRows else { return nil }
    // Twenty bins become ten.
    let step = max(1, bins.count / 10)
    let means = stride(from: 0, to: bins.count, by: step).map { start in
      bins[start..<min(start + step, bins.count)].reduce(0) { $0 + $1.meanProbability } / Double(step)
    }
    let cuts = zip(means, means.dropFirst()).map { ($0 + $1) / 2 }
    let sorted = stays.joined().sorted()
    var place = 0
    let below = cuts.map { cut in
      while place < sorted.count, sorted[place] <= cut { place += 1 }
      return Double(place) / Double(rows)
    }
    return StabilityIndex(below: below, through: below, rows: effective)
  }
}
