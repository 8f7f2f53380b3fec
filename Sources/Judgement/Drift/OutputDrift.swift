// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR
package import Networks
package import Training

/// What one model said month by month: against its cross-validation or the other months, against what happened, and how often nothing
/// was said.
package struct OutputDrift: Sendable {
  /// What the probabilities of a month are held against.
  package enum Reference: String, Codable, Sendable {
    /// The package's, of rows of which it was known what happened: rows of which it is known here are compared.
    case crossValidation = "cross-validation"
    /// Where nothing is known of what happened: all that was stated in the other months.
    case otherMonths = "other months"
  }

  /// One outcome in one month of admission.
  package struct Month: Codable, Sendable {
    package var month: String
    package var outcome: String
    package var rows: Int
    package var stays: Int
    /// Share of the rows of which nothing was stated.
    package var abstained: Double
    package var meanProbability: Double?
    package var reference: Reference
    /// Nil where there is nothing to compare with, or there are too few rows.
    package var index: StabilityIndex?
    /// Patients with labelled rows.
    package var judgedPatients = 0
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
    let stays = Dictionary(grouping: table.stays(model: model).filter { $0.month != nil }) { $0.month ?? "" }
    let names = stays.keys.sorted()
    let test = DriftTest(count: 3 * package.predictors.count)
    for (place, predictor) in package.predictors.enumerated() {
      let head = predictor.outcome.head
      let said = table.models[model].outcomes[place]
      let isLabelled = said.labels.contains { $0 != nil }
      let bins = evaluation?.outcomes.first { $0.head == head }?.report?.calibration ?? []
      // Rows of one patient are alike, those of several stays too.
      let rows = names.map { Self.byPatient(stays[$0] ?? []) }
      let stated = rows.map { Self.clusters($0) { said.probabilities[$0].isFinite } }
      let silent = rows.map { Self.silence($0, said) }
      for (index, name) in names.enumerated() {
        var month = Month(
          month: name, outcome: head, rows: rows[index].reduce(0) { $0 + $1.count }, stays: (stays[name] ?? []).count,
          abstained: silent[index].share, reference: isLabelled ? .crossValidation : .otherMonths)
        let probabilities = stated[index].joined().map { said.probabilities[$0] }
        if !probabilities.isEmpty { month.meanProbability = probabilities.reduce(0, +) / Double(probabilities.count) }
        let judged = stated[index].map { $0.filter { said.labels[$0] != nil } }.filter { !$0.isEmpty }
        if isLabelled {
          // The bins of the evaluation hold rows of which it is known what happened, at the hour of the scores.
          let compared = judged.map { patient in
            patient.filter { row in scoredAtHour[head].map { table.models[model].hours[row] == $0 } ?? true }
          }
          month.index = Self.index(Probabilities(compared, said), bins)
        } else {
          let others = stated.indices.filter { $0 != index }.flatMap { stated[$0] }
          month.index = Self.index(Probabilities(stated[index], said), Probabilities(others, said))
        }
        month.judgedPatients = judged.count
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
      add(.output, found.value, "the probabilities are distributed otherwise than in \(month.reference.rawValue)")
    }
    let others = silent.indices.filter { $0 != index }.map { silent[$0] }
    let rows = others.reduce(0) { $0 + $1.rows }
    let usual = DriftTest.usual(silent)
    if test.differ(month.abstained, silent[index].rows, usual, rows) {
      add(
        .abstention, month.abstained - usual,
        "not stated in \(percent(month.abstained)) of rows, in the median month in \(percent(usual))")
    }
    // Off by a fifth, and beyond the interval of 95 % carried to the level of the test. Of a few patients no interval holds.
    if Double(month.judgedPatients) >= FeatureDrift.fewestRows, let observed = month.observed,
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

  /// The rows of each patient.
  private static func byPatient(_ stays: [EvidenceTable.Stay]) -> [[Int]] {
    var places: [Int: Int] = [:]
    var patients: [[Int]] = []
    for stay in stays {
      let place = places[stay.patient] ?? patients.count
      if place == patients.count {
        places[stay.patient] = place
        patients.append([])
      }
      patients[place] += stay.rows
    }
    return patients
  }

  /// The rows of each patient of which something holds; patients without any are left out.
  private static func clusters(_ patients: [[Int]], where holds: (Int) -> Bool) -> [[Int]] {
    patients.map { $0.filter(holds) }.filter { !$0.isEmpty }
  }

  /// The share of rows of which nothing is stated, and the independent rows it stands for.
  private static func silence(
    _ patients: [[Int]], _ said: EvidenceTable.Outcome
  ) -> (share: Double, rows: Double) {
    let total = patients.reduce(0) { $0 + $1.count }
    guard total > 0 else { return (0, 0) }
    let silent = patients.joined().count { !said.probabilities[$0].isFinite }
    return (Double(silent) / Double(total), EffectiveRows.of(patients.map(\.count)))
  }

  /// Probabilities in ascending order, and the independent rows for which they stand.
  private struct Probabilities {
    var sorted: [Double]
    var rows: Double

    init(_ patients: [[Int]], _ said: EvidenceTable.Outcome) {
      sorted = patients.joined().map { said.probabilities[$0] }.sorted()
      rows = EffectiveRows.of(patients.map(\.count))
    }

    /// For each of some ascending cuts the share of rows below it, and of those up to it.
    func shares(at cuts: [Double]) -> (below: [Double], through: [Double]) {
      var (below, through, place) = ([Double](), [Double](), 0)
      for cut in cuts {
        while place < sorted.count, sorted[place] < cut { place += 1 }
        below.append(Double(place) / Double(sorted.count))
        var end = place
        while end < sorted.count, sorted[end] == cut { end += 1 }
        through.append(Double(end) / Double(sorted.count))
      }
      return (below, through)
    }
  }

  /// The index against bins of equal count, whose bounds lie between the means of neighbours: the evaluation has no others.
  private static func index(_ month: Probabilities, _ bins: [OutcomeReport.CalibrationBin]) -> StabilityIndex? {
    let counts = bins.map { Double($0.count) }
    // Many equal probabilities make bins of unequal count: those tell no deciles.
    guard bins.count > 1, let least = counts.min(), let most = counts.max(), most <= 1.1 * least,
      month.rows >= FeatureDrift.fewestRows
    else { return nil }
    // Twenty bins become ten.
    let step = max(1, bins.count / 10)
    let means = stride(from: 0, to: bins.count, by: step).map { start in
      let joined = bins[start..<min(start + step, bins.count)]
      return joined.reduce(0) { $0 + $1.meanProbability } / Double(joined.count)
    }
    let cuts = zip(means, means.dropFirst()).map { ($0 + $1) / 2 }
    let through = month.shares(at: cuts).through
    return StabilityIndex(below: through, through: through, rows: month.rows)
  }

  /// The index against the deciles of other months. Both are samples, so that their difference varies as that of fewer rows does; that
  /// makes of Chernoff's bound an approximation.
  private static func index(_ month: Probabilities, _ others: Probabilities) -> StabilityIndex? {
    guard min(month.rows, others.rows) >= FeatureDrift.fewestRows else { return nil }
    let cuts = (1...9).map { others.sorted[$0 * others.sorted.count / 10] }
    let (below, through) = month.shares(at: cuts)
    return StabilityIndex(below: below, through: through, rows: 1 / (1 / month.rows + 1 / others.rows))
  }
}
