// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Networks
package import Training

/// Two models on the same patients: where their alarms part, and which is right more often.
///
/// Every difference is the second model's number less the first's.
package struct PairedComparison: Sendable {
  /// A difference with its 95 % interval, by bootstrap over patients.
  package struct Change: Sendable, Equatable {
    package var first: Double?
    package var second: Double?
    package var difference: Double
    package var interval: BootstrapInterval?
  }

  /// What is said of an outcome that both models have, of the rows at which both state a probability.
  package struct Outcome: Sendable {
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
    /// Rows with an alarm.
    package var alarms: (both: Int, onlyFirst: Int, onlySecond: Int)
    /// Alarms begun, an alarm that goes on not counted again.
    package var begun: (first: Int, second: Int)
    /// The probabilities of up to 2,000 rows, spread evenly over them.
    package var points: [OutcomeReport.Point]
    package var judged: Judged?
  }

  /// Which is right more often, of the rows of which it is known what happened.
  package struct Judged: Sendable {
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
  package init(_ table: EvidenceTable, _ packages: [ModelPackage], isHourly: Bool, replicates: Int, jobs: Int) async {
    guard packages.count == 2 else { return }
    for (first, predictor) in packages[0].predictors.enumerated() {
      let head = predictor.outcome.head
      guard let second = packages[1].predictors.firstIndex(where: { $0.outcome.head == head }) else { continue }
      let pair = PairedRows(
        table, first, second, alarms: (predictor.outcome.alarm, packages[1].predictors[second].outcome.alarm))
      guard !pair.first.isEmpty else { continue }
      outcomes.append(
        await Outcome(
          pair, predictor.outcome, packages[1].predictors[second].outcome, isHourly: isHourly,
          bootstrap: StayBootstrap(replicates: replicates, seed: 1, jobs: jobs)))
    }
  }
}

/// The rows at which both models state a probability of an outcome.
private struct PairedRows: Sendable {
  var first: [Double] = []
  var second: [Double] = []
  var labels: [Bool?] = []
  var patients: [Range<Int>] = []
  var onlyFirst = 0
  var onlySecond = 0
  let alarms: (first: Double, second: Double)

  init(_ table: EvidenceTable, _ a: Int, _ b: Int, alarms: (Double, Double)) {
    self.alarms = alarms
    let (one, other) = (table.models[0].outcomes[a], table.models[1].outcomes[b])
    for record in table.records {
      let start = first.count
      for row in record.rows {
        switch (one.probabilities[row].isFinite, other.probabilities[row].isFinite) {
        case (true, true):
          first.append(one.probabilities[row])
          second.append(other.probabilities[row])
          labels.append(one.labels[row] ?? other.labels[row])
        case (true, false): onlyFirst += 1
        case (false, true): onlySecond += 1
        default: break
        }
      }
      if first.count > start { patients.append(start..<first.count) }
    }
  }

  init(_ pair: PairedRows, keeping isKept: (Int) -> Bool) {
    alarms = pair.alarms
    for patient in pair.patients {
      let start = first.count
      for row in patient where isKept(row) {
        first.append(pair.first[row])
        second.append(pair.second[row])
        labels.append(pair.labels[row])
      }
      if first.count > start { patients.append(start..<first.count) }
    }
  }

  var units: [Int] { patients.enumerated().flatMap { unit, rows in rows.map { _ in unit } } }

  func begun(_ isAlarmed: (Int) -> Bool) -> Int {
    patients.reduce(0) { sum, rows in
      sum + rows.count { isAlarmed($0) && ($0 == rows.lowerBound || !isAlarmed($0 - 1)) }
    }
  }
}

extension PairedComparison.Outcome {
  fileprivate init(
    _ pair: PairedRows, _ outcome: ModelManifest.Outcome, _ other: ModelManifest.Outcome, isHourly: Bool,
    bootstrap: StayBootstrap
  ) async {
    let rows = pair.first.indices
    let names = ["low", "moderate", "high"]
    var moved = [[Int]](repeating: [0, 0, 0], count: 3)
    for row in rows {
      guard let from = names.firstIndex(of: outcome.band(of: pair.first[row]).name),
        let to = names.firstIndex(of: other.band(of: pair.second[row]).name)
      else { continue }
      moved[from][to] += 1
    }
    let alarmed = rows.map { (pair.first[$0] >= pair.alarms.first, pair.second[$0] >= pair.alarms.second) }
    let step = max(1, rows.count / 2_000)
    let labelled = PairedRows(pair) { pair.labels[$0] != nil }
    self.init(
      head: outcome.head, summary: outcome.summary, rows: rows.count, patients: pair.patients.count,
      onlyFirst: pair.onlyFirst, onlySecond: pair.onlySecond,
      meanDistance: rows.reduce(0) { $0 + abs(pair.first[$1] - pair.second[$1]) } / Double(rows.count), bands: names,
      reclassified: moved,
      alarms: (
        alarmed.count { $0.0 && $0.1 }, alarmed.count { $0.0 && !$0.1 }, alarmed.count { !$0.0 && $0.1 }
      ), begun: (pair.begun { alarmed[$0].0 }, pair.begun { alarmed[$0].1 }),
      points: stride(from: 0, to: rows.count, by: step).map { .init(x: pair.first[$0], y: pair.second[$0]) },
      judged: labelled.first.isEmpty ? nil : await PairedComparison.Judged(labelled, isHourly, bootstrap))
  }
}

extension PairedComparison.Judged {
  fileprivate init(_ pair: PairedRows, _ isHourly: Bool, _ bootstrap: StayBootstrap) async {
    let labels = pair.labels.map { $0 == true }
    let units = pair.units
    let first = RankedRows(probabilities: pair.first, labels: labels, units: units)
    let second = RankedRows(probabilities: pair.second, labels: labels, units: units)
    let sums = pair.patients.map { ReclassificationSums(pair, labels, $0) }
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
    let whole = numbers([Int](repeating: 1, count: pair.patients.count))
    let replicates = await bootstrap.replicated(stays: pair.patients.count) { copies in
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
      deLong: isHourly ? nil : DeLong(pair.second, pair.first, labels: labels), auroc: change("auroc"),
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
      let (p, q) = (pair.first[row], pair.second[row])
      let moved = (q >= pair.alarms.second ? 1.0 : 0) - (p >= pair.alarms.first ? 1 : 0)
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
