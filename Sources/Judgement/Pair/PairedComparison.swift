// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Networks
package import Training

/// Two models on the same patients: where their alarms part, and which is right more often.
///
/// Every difference is the second model's number less the first's.
package struct PairedComparison: Sendable {
  /// A difference with its 95 % interval, by bootstrap over patients.
  package struct Change: Codable, Sendable, Equatable {
    package var first: Double?
    package var second: Double?
    package var difference: Double
    package var interval: BootstrapInterval?
  }

  /// Rows with an alarm.
  package struct Alarms: Codable, Sendable, Equatable {
    package var both: Int
    package var onlyFirst: Int
    package var onlySecond: Int
  }

  /// Alarms begun, an alarm that goes on not counted again.
  package struct Begun: Codable, Sendable, Equatable {
    package var first: Int
    package var second: Int
  }

  /// What is said of an outcome that both models have, of the rows at which both state a probability.
  package struct Outcome: Codable, Sendable {
    package var head: String
    package var summary: String
    package var rows: Int
    package var patients: Int
    /// Rows at which only one of them states something.
    package var onlyFirst: Int
    package var onlySecond: Int
    package var meanDistance: Double
    /// Names of the bands, and rows by the band of the first and of the second.
    package var bands: [String]
    package var reclassified: [[Int]]
    package var alarms: Alarms
    package var begun: Begun
    /// The probabilities of up to 2,000 rows, spread evenly over them.
    package var points: [OutcomeReport.Point]
    /// Rows that the definitions of the two models label differently.
    package var labelledDifferently: Int
    /// Nil where nothing is known of what happened, or the models' definitions of it differ: then there is no saying which is right.
    package var judged: Judged?
  }

  /// Which is right more often, of the rows of which it is known what happened.
  package struct Judged: Codable, Sendable {
    package var rows: Int
    package var positives: Int
    /// Second less first; nil where patients have several rows, of which DeLong's variance would take each for a patient.
    package var deLong: DeLong?
    package var auroc: Change?
    package var auprc: Change?
    package var brier: Change?
    /// Net reclassification across the alarms' thresholds: of rows with the outcome, and of those without (Pencina 2008).
    package var reclassifiedEvents: Change?
    package var reclassifiedOthers: Change?
    /// The same for any move of the probability (Pencina 2011).
    package var netEvents: Change?
    package var netOthers: Change?
    /// Integrated discrimination improvement (Pencina 2008).
    package var discrimination: Change?
  }

  package private(set) var outcomes: [Outcome] = []

  /// Compares the first two models of a table.
  package init(_ table: EvidenceTable, _ packages: [ModelPackage], replicates: Int, jobs: Int) async {
    guard packages.count == 2 else { return }
    for (first, predictor) in packages[0].predictors.enumerated() {
      let head = predictor.outcome.head
      guard let second = packages[1].predictors.firstIndex(where: { $0.outcome.head == head }) else { continue }
      let pair = PairedRows(
        table, first, second, alarms: (predictor.outcome.alarm, packages[1].predictors[second].outcome.alarm))
      guard !pair.rows.isEmpty else { continue }
      outcomes.append(
        await Outcome(
          pair, predictor.outcome, packages[1].predictors[second].outcome,
          PatientBootstrap(replicates: replicates, seed: 1, jobs: jobs)))
    }
  }
}

/// The rows at which both models state a probability of an outcome, patient by patient.
private struct PairedRows: Sendable {
  struct Row: Sendable {
    var first: Double
    var second: Double
    /// By the definition of each model; nil where it is not known what happened.
    var labels: (first: Bool?, second: Bool?)
    var patient: Int
    /// Its place among the stays.
    var stay: Int

    /// What happened by both definitions.
    var label: Bool? { labels.first == labels.second ? labels.first : nil }
    var isLabelledDifferently: Bool { labels.first != nil && labels.second != nil && labels.first != labels.second }
  }

  var rows: [Row] = []
  var onlyFirst = 0
  var onlySecond = 0
  let alarms: (first: Double, second: Double)

  init(_ table: EvidenceTable, _ a: Int, _ b: Int, alarms: (Double, Double)) {
    self.alarms = alarms
    let (one, other) = (table.models[0].outcomes[a], table.models[1].outcomes[b])
    let stays = table.stays(model: 0).enumerated().sorted {
      ($0.element.patient, $0.offset) < ($1.element.patient, $1.offset)
    }
    for (place, stay) in stays {
      for row in stay.rows {
        let (p, q) = (one.probabilities[row], other.probabilities[row])
        switch (p.isFinite, q.isFinite) {
        case (true, true):
          rows.append(
            Row(first: p, second: q, labels: (one.labels[row], other.labels[row]), patient: stay.patient, stay: place))
        case (true, false): onlyFirst += 1
        case (false, true): onlySecond += 1
        default: break
        }
      }
    }
  }

  /// The rows of which it is known what happened.
  var labelled: PairedRows {
    var result = self
    result.rows.removeAll { $0.label == nil }
    return result
  }

  /// The places of each patient's rows.
  var patients: [Range<Int>] {
    var result: [Range<Int>] = []
    for (place, row) in rows.enumerated() {
      if place > 0, rows[place - 1].patient == row.patient {
        result[result.count - 1] = result[result.count - 1].lowerBound..<place + 1
      } else {
        result.append(place..<place + 1)
      }
    }
    return result
  }

  func isAlarmed(_ row: Int) -> (first: Bool, second: Bool) {
    (rows[row].first >= alarms.first, rows[row].second >= alarms.second)
  }

  /// Alarms that begin, of rows with an alarm or not.
  func begun(_ isAlarmed: (Int) -> Bool) -> Int {
    rows.indices.count {
      isAlarmed($0) && ($0 == 0 || rows[$0 - 1].stay != rows[$0].stay || !isAlarmed($0 - 1))
    }
  }
}

extension PairedComparison.Outcome {
  fileprivate init(
    _ pair: PairedRows, _ outcome: ModelManifest.Outcome, _ other: ModelManifest.Outcome, _ bootstrap: PatientBootstrap
  ) async {
    let rows = pair.rows
    let names = ["low", "moderate", "high"]
    var moved = [[Int]](repeating: [0, 0, 0], count: 3)
    for row in rows {
      guard let from = names.firstIndex(of: outcome.band(of: row.first).name),
        let to = names.firstIndex(of: other.band(of: row.second).name)
      else { continue }
      moved[from][to] += 1
    }
    let alarmed = rows.indices.map(pair.isAlarmed)
    let step = max(1, rows.count / 2_000)
    let (labelled, contested) = (pair.labelled, rows.count { $0.isLabelledDifferently })
    self.init(
      head: outcome.head, summary: outcome.summary, rows: rows.count, patients: pair.patients.count,
      onlyFirst: pair.onlyFirst, onlySecond: pair.onlySecond,
      meanDistance: rows.reduce(0) { $0 + abs($1.first - $1.second) } / Double(rows.count), bands: names,
      reclassified: moved,
      alarms: .init(
        both: alarmed.count { $0.first && $0.second }, onlyFirst: alarmed.count { $0.first && !$0.second },
        onlySecond: alarmed.count { !$0.first && $0.second }),
      begun: .init(first: pair.begun { alarmed[$0].first }, second: pair.begun { alarmed[$0].second }),
      points: stride(from: 0, to: rows.count, by: step).map { .init(x: rows[$0].first, y: rows[$0].second) },
      labelledDifferently: contested,
      judged: contested > 0 || labelled.rows.isEmpty ? nil : await PairedComparison.Judged(labelled, bootstrap))
  }
}

extension PairedComparison.Judged {
  fileprivate init(_ pair: PairedRows, _ bootstrap: PatientBootstrap) async {
    let labels = pair.rows.map { $0.label == true }
    let patients = pair.patients
    let units = patients.enumerated().flatMap { unit, rows in rows.map { _ in unit } }
    let probabilities = (first: pair.rows.map(\.first), second: pair.rows.map(\.second))
    let first = RankedRows(probabilities: probabilities.first, labels: labels, units: units)
    let second = RankedRows(probabilities: probabilities.second, labels: labels, units: units)
    let sums = patients.map { ReclassificationSums(pair, labels, $0) }
    @Sendable func numbers(_ copies: [Int]) -> [String: (Double?, Double?, Double?)] {
      let (a, b) = (
        first.measures(copies: copies, bins: 10, withLemeshowH: false),
        second.measures(copies: copies, bins: 10, withLemeshowH: false)
      )
      func pairOf(_ x: Double?, _ y: Double?) -> (Double?, Double?, Double?) {
        (x, y, x.flatMap { x in y.map { $0 - x } })
      }
      var total = ReclassificationSums()
      for (sum, copy) in zip(sums, copies) where copy > 0 { total.add(sum, copies: Double(copy)) }
      return [
        "auroc": pairOf(a.auroc, b.auroc), "auprc": pairOf(a.auprc, b.auprc), "brier": pairOf(a.brier, b.brier),
        "alarm events": (nil, nil, total.alarmEvents), "alarm others": (nil, nil, total.alarmOthers),
        "net events": (nil, nil, total.netEvents), "net others": (nil, nil, total.netOthers),
        "idi": pairOf(total.firstSlope, total.secondSlope),
      ]
    }
    let whole = numbers([Int](repeating: 1, count: patients.count))
    let replicates = await bootstrap.replicated(patients: patients.count) { copies in
      numbers(copies).compactMapValues { $0.2 }
    }
    func change(_ name: String) -> PairedComparison.Change? {
      guard let (a, b, difference) = whole[name], let difference else { return nil }
      return .init(
        first: a, second: b, difference: difference,
        interval: try? BootstrapInterval(of: replicates.compactMap { $0[name] }))
    }
    self.init(
      rows: labels.count, positives: labels.count { $0 },
      deLong: patients.allSatisfy { $0.count == 1 }
        ? DeLong(probabilities.second, probabilities.first, labels: labels) : nil, auroc: change("auroc"),
      auprc: change("auprc"), brier: change("brier"), reclassifiedEvents: change("alarm events"),
      reclassifiedOthers: change("alarm others"), netEvents: change("net events"), netOthers: change("net others"),
      discrimination: change("idi"))
  }
}

/// What each patient adds to reclassification: sums over rows, with and without the outcome.
private struct ReclassificationSums: Sendable {
  private var events = 0.0
  private var others = 0.0
  private var first = (events: 0.0, others: 0.0)
  private var second = (events: 0.0, others: 0.0)
  /// Moves up less moves down.
  private var alarm = (events: 0.0, others: 0.0)
  private var net = (events: 0.0, others: 0.0)

  init() {}

  init(_ pair: PairedRows, _ labels: [Bool], _ rows: Range<Int>) {
    for row in rows {
      let (p, q) = (pair.rows[row].first, pair.rows[row].second)
      let isAlarmed = pair.isAlarmed(row)
      let moved = (isAlarmed.second ? 1.0 : 0) - (isAlarmed.first ? 1 : 0)
      let change = q > p ? 1.0 : q < p ? -1 : 0
      if labels[row] {
        events += 1
        (first.events, second.events) = (first.events + p, second.events + q)
        (alarm.events, net.events) = (alarm.events + moved, net.events + change)
      } else {
        others += 1
        (first.others, second.others) = (first.others + p, second.others + q)
        (alarm.others, net.others) = (alarm.others - moved, net.others - change)
      }
    }
  }

  mutating func add(_ other: ReclassificationSums, copies: Double) {
    events += copies * other.events
    others += copies * other.others
    first = (first.events + copies * other.first.events, first.others + copies * other.first.others)
    second = (second.events + copies * other.second.events, second.others + copies * other.second.others)
    alarm = (alarm.events + copies * other.alarm.events, alarm.others + copies * other.alarm.others)
    net = (net.events + copies * other.net.events, net.others + copies * other.net.others)
  }

  private func share(_ sum: Double, _ count: Double) -> Double? { count > 0 ? sum / count : nil }

  var alarmEvents: Double? { share(alarm.events, events) }
  var alarmOthers: Double? { share(alarm.others, others) }
  var netEvents: Double? { share(net.events, events) }
  var netOthers: Double? { share(net.others, others) }
  /// Mean probability of rows with the outcome less that of those without.
  var firstSlope: Double? { share(first.events, events).flatMap { x in share(first.others, others).map { x - $0 } } }
  var secondSlope: Double? { share(second.events, events).flatMap { x in share(second.others, others).map { x - $0 } } }
}
