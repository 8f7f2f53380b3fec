// SPDX-License-Identifier: Apache-2.0
import Features
import Networks

extension Evaluation.Outcome {
  /// All that is reported of an outcome.
  ///
  /// - Parameters:
  ///   - rows: the rows of the scores.
  ///   - target: the share of each class that the conformal sets shall hold; nil without sets.
  ///   - replicates: bootstrap samples of patients for the intervals; nil for none.
  ///   - jobs: threads; they change no bit.
  package init(
    head: String, _ rows: ScoredRows, threshold: Double?, target: Double?, byHour: [Evaluation.Hour],
    aurocByFold: [Double]? = nil, aurocOfOneMember: Double? = nil, replicates: Int?, seed: UInt64, jobs: Int
  ) async {
    let bootstrap = replicates.map { PatientBootstrap(replicates: $0, seed: seed, jobs: jobs) }
    self.init(
      head: head, scores: rows.scores(threshold: threshold), aurocByFold: aurocByFold,
      aurocOfOneMember: aurocOfOneMember, byHour: byHour, intervals: await bootstrap?.intervals(rows) ?? [:],
      groups: await Self.groups(rows, target, bootstrap), conformal: .init(rows, target: target), bySite: rows.bySite,
      onsets: rows.onsets, report: OutcomeReport(rows))
  }

  /// The scores within groups of patients, by the groups' names.
  private static func groups(
    _ rows: ScoredRows, _ target: Double?, _ bootstrap: PatientBootstrap?
  ) async -> [Evaluation.Group] {
    var members: [String: [Int]] = [:]
    for (stay, record) in rows.records.enumerated() {
      for name in record.subgroups { members[name, default: []].append(stay) }
    }
    let whole = rows.scores(threshold: nil)
    var result: [Evaluation.Group] = []
    for (name, stays) in members.sorted(by: { $0.key < $1.key }) {
      let own = rows.gathering(stays)
      let interval = await bootstrap?.auroc(own)
      result.append(Evaluation.Group(name: name, own, whole: whole, target: target, aurocInterval: interval))
    }
    return result
  }
}

extension Evaluation.Group {
  /// The scores of a group beside those of all.
  fileprivate init(
    name: String, _ rows: ScoredRows, whole: Scores, target: Double?, aurocInterval: BootstrapInterval?
  ) {
    let scores = rows.scores(threshold: nil)
    let count = Double(max(rows.probabilities.count, 1))
    let mean = rows.probabilities.reduce(0, +) / count
    self.init(
      name: name, rows: scores.rows, positives: scores.positives, auroc: scores.auroc, meanProbability: mean,
      observed: Double(scores.positives) / count, sensitivity: scores.sensitivity,
      conformal: .init(rows, target: target), stays: rows.stays.count, aurocInterval: aurocInterval, ece: scores.ece,
      precision: scores.precision, alarmRate: Double(rows.alarms.count { $0 }) / count,
      flags: Self.flags(scores, whole, mean: mean))
  }

  /// A ratio under 0.8 or a gap of over ten points to all patients is what an audit looks at first; a mean risk outside
  /// the interval of the observed share counts when it is a fifth off as well, since rows of one patient are alike.
  private static func flags(_ scores: Scores, _ whole: Scores, mean: Double) -> [String] {
    var flags: [String] = []
    func compare(_ title: String, _ own: Double?, _ other: Double?) {
      guard let own, let other, other > 0, own / other < 0.8 || other - own > 0.1 else { return }
      flags.append(title)
    }
    compare("finds fewer", scores.sensitivity, whole.sensitivity)
    compare("alarms are right less often", scores.precision, whole.precision)
    if let observed = BinomialInterval(scores.positives, of: scores.rows) {
      if mean < observed.low, mean < 0.8 * observed.share { flags.append("risk too low") }
      if mean > observed.high, mean > 1.25 * observed.share { flags.append("risk too high") }
    }
    return flags
  }
}

extension StayTable.Record {
  /// The groups that the patient belongs to whatever the hour.
  package var subgroups: [String] { FeatureProfile.subgroups(age: age, sex: sex, unitType: unitType, hour: nil) }
}
