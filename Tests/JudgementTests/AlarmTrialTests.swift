// SPDX-License-Identifier: Apache-2.0
import Decision
import Judgement
import Networks
import Testing

/// Policies tried on the past, against the rules worked out call by call without a ledger.
@Suite struct AlarmTrialTests {
  /// One call about one outcome, as made up.
  private struct Call {
    var patient: Int
    var hour: Int
    var at: Int
    var unit: String?
    var p: Double?
    var indicator: String
    var label: Bool?

    var urgency: Int { ["info": 0, "warning": 1, "critical": 2][indicator] ?? 0 }
    var isCandidate: Bool { p != nil }
  }

  private struct Tried: Equatable {
    var shown: [Int] = []
    var held: [AlertSuppression: Int] = [:]
  }

  /// Patients of whom some come to have the outcome, asked about every hour of their stays, which begin at different times.
  private static func calls(_ random: inout RandomSource) -> [Call] {
    let units = ["Location/a", "Location/b", nil]
    return (0..<12).flatMap { patient -> [Call] in
      let (start, hours, unit) = (random.index(below: 20), 4 + random.index(below: 30), units[patient % 3])
      // From here on the label of Challenge 2019 is positive; beyond the stay: never.
      let onset = random.index(below: 2 * hours)
      return (0..<hours).map { hour in
        let p = random.uniform() < 0.1 ? nil : Double(random.index(below: 10)) / 10
        let indicator = (p ?? 0) > 0.75 && random.uniform() < 0.3 ? "critical" : (p ?? 0) > 0.4 ? "warning" : "info"
        return Call(
          patient: patient, hour: hour, at: start + hour, unit: unit, p: p, indicator: indicator,
          label: random.uniform() < 0.1 ? nil : hour >= onset)
      }
    }
  }

  private static func table(_ calls: [Call], _ package: ModelPackage, outcome: Int) throws -> EvidenceTable {
    var table = EvidenceTable([package])
    for patient in Set(calls.map(\.patient)).sorted() {
      let rows = calls.filter { $0.patient == patient }.map { call in
        Samples.Row(
          hour: call.hour, at: call.at, unit: call.unit,
          said: [
            package.predictors.indices.map { index in
              index == outcome
                ? Samples.Said(p: call.p, label: call.label, indicator: call.isCandidate ? call.indicator : nil)
                : Samples.Said()
            }
          ])
      }
      table.append(try Samples.evidence("p\(patient)", rows: rows))
    }
    return table
  }

  /// The rules of `docs/integrators.md`, by looking through everything that was shown before.
  private static func tried(_ policy: AlertPolicy, _ calls: [Call], threshold: Double?) -> Tried {
    var (tried, order) = (Tried(), Array(calls.indices))
    order.sort { (calls[$0].at, $0) < (calls[$1].at, $1) }
    for place in order where calls[place].isCandidate {
      let call = calls[place]
      let isCritical = call.indicator == "critical"
      let last = tried.shown.last { calls[$0].patient == call.patient }
      let onUnit = tried.shown.count { calls[$0].unit == call.unit && call.at - calls[$0].at < 1 }
      if let threshold, call.p ?? 0 < threshold {
        tried.held[.belowThreshold, default: 0] += 1
      } else if !isCritical, let hours = policy.coolDownHours, let last, Double(call.at - calls[last].at) < hours,
        call.urgency <= calls[last].urgency
      {
        tried.held[.coolDown, default: 0] += 1
      } else if !isCritical, let ceiling = policy.unitCeiling, call.unit != nil, onUnit >= ceiling {
        tried.held[.unitCeiling, default: 0] += 1
      } else {
        tried.shown.append(place)
      }
    }
    return tried
  }

  /// Right cards of those with a known outcome; stays found of those whose onset is known, with the hours of warning.
  private static func worth(
    _ tried: Tried, _ calls: [Call]
  ) -> (cards: [(count: Int, total: Int)], leads: [Int], found: [(count: Int, total: Int)]) {
    let shown = Set(tried.shown)
    let known = calls.indices.filter { calls[$0].p != nil && calls[$0].label != nil }
    var (cards, leads) = ([(count: Int, total: Int)](), [Int]())
    var found: [(count: Int, total: Int)] = []
    for patient in Set(calls.map(\.patient)).sorted() {
      let own = known.filter { calls[$0].patient == patient }
      let given = own.filter(shown.contains)
      if !given.isEmpty { cards.append((given.count { calls[$0].label == true }, given.count)) }
      guard let first = own.first(where: { calls[$0].label == true }), first != own.first else { continue }
      let onset = calls[first].hour + 6
      if let card = own.first(where: { shown.contains($0) && calls[$0].hour < onset && onset - calls[$0].hour <= 24 }) {
        leads.append(onset - calls[card].hour)
        found.append((1, 1))
      } else {
        found.append((0, 1))
      }
    }
    return (cards, leads.sorted(), found)
  }

  @Test func agreesWithTheRulesCallByCall() throws {
    let package = try Samples.package("icu-diagnosis")
    let outcome = try #require(package.predictors.firstIndex { $0.outcome.head == "sepsis" })
    var (random, reasons) = (RandomSource(seed: 11), Set<AlertSuppression>())
    for _ in 0..<25 {
      let calls = Self.calls(&random)
      let table = try Self.table(calls, package, outcome: outcome)
      let moments = AlarmTrial.Calls(table)
      for threshold in [nil, 0.3, 0.7] as [Double?] {
        for hours in [nil, 3, 8] as [Double?] {
          for ceiling in [nil, 1, 3] as [Int?] {
            let policy = AlertPolicy(
              thresholds: threshold.map { ["sepsis": $0] }, coolDownHours: hours, unitCeiling: ceiling)
            let expected = Self.tried(policy, calls, threshold: threshold)
            let found = AlarmTrial(policy, moments, table, [package]).outcomes[0][outcome]
            #expect(found.cards == expected.shown.count && found.heldBack == expected.held)
            #expect(found.perPatientDay == Double(found.cards) / (Double(calls.count) / 24))
            let worth = Self.worth(expected, calls)
            #expect(found.precision == BinomialInterval(clusters: worth.cards))
            #expect(found.found == BinomialInterval(clusters: worth.found))
            let middle = worth.leads.isEmpty ? nil : Quantile.of(worth.leads.map(Double.init), 0.5)
            #expect(found.medianLeadHours == middle)
            reasons.formUnion(found.heldBack.keys)
          }
        }
      }
    }
    // Every rule had something to do.
    #expect(reasons == [.belowThreshold, .coolDown, .unitCeiling])
  }

  @Test func curvesAreTheTrialsTheyName() throws {
    let package = try Samples.package("icu-diagnosis")
    let outcome = try #require(package.predictors.firstIndex { $0.outcome.head == "sepsis" })
    var random = RandomSource(seed: 3)
    let calls = (0..<4).flatMap { group in
      Self.calls(&random).map { call in
        var call = call
        call.patient += 12 * group
        return call
      }
    }
    let curves = AlarmCurves(try Self.table(calls, package, outcome: outcome), [package])
    let found = try #require(curves.outcomes.first)
    #expect(curves.outcomes.count == 1 && curves.hasUnits && curves.patientDays == Double(calls.count) / 24)
    for (hours, points) in zip(AlarmCurves.coolDowns, found.curves) {
      #expect(points.map(\.threshold) == points.map(\.threshold).sorted(by: >))
      #expect(points.contains { $0.threshold == found.outcome.alarm })
      for point in points {
        let policy = AlertPolicy(coolDownHours: hours == 0 ? nil : hours)
        #expect(point.result.cards == Self.tried(policy, calls, threshold: point.threshold).shown.count)
      }
    }
    // Without a cool-down a lower threshold shows no card less, and a cool-down shows no card more.
    let cards = found.curves.map { $0.map(\.result.cards) }
    #expect(cards[0] == cards[0].sorted() && cards[0].last == calls.count(where: \.isCandidate))
    #expect(zip(cards[0], cards[1]).allSatisfy { $0 >= $1 } && zip(cards[0], cards[2]).allSatisfy { $0 >= $1 })
    #expect(curves.policies.count == 2 + AlarmCurves.ceilings.count)
    for policy in curves.policies {
      let expected = Self.tried(policy.policy, calls, threshold: found.outcome.alarm)
      #expect(policy.trial.outcomes[0][outcome].cards == expected.shown.count)
      #expect(policy.trial.outcomes[0][outcome].heldBack == expected.held)
    }
  }

  /// A patient who comes in two inputs is one: the cool-down goes on.
  @Test func aPatientInTwoInputsIsOne() throws {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package])
    for hour in 0..<2 {
      table.append(
        try Samples.evidence(
          "p", rows: [.init(hour: hour, at: hour, said: [[.init(p: 0.9, label: true, indicator: "warning")]])]))
    }
    let trial = AlarmTrial(AlertPolicy(coolDownHours: 8), AlarmTrial.Calls(table), table, [package])
    #expect(trial.outcomes[0][0].cards == 1 && trial.outcomes[0][0].heldBack == [.coolDown: 1])
  }

  /// Two stays of a patient are two in every share, and one patient in every interval.
  @Test func staysOfAPatientAreAlike() throws {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package])
    for patient in 0..<10 {
      let hours = Array(repeating: [(p: Double?.some(0.9), label: Bool?.some(patient % 2 == 0))], count: 3)
      var chart = try Samples.evidence("p\(patient)", hours, indicator: "warning")
      chart.append(try Samples.evidence("p\(patient)", hours, origin: 86_400_000, indicator: "warning"))
      table.append(chart)
    }
    let found = AlarmTrial(AlertPolicy(), AlarmTrial.Calls(table), table, [package]).outcomes[0][0]
    #expect(found.cards == 60)
    #expect(found.precision == BinomialInterval(clusters: (0..<10).map { (count: $0 % 2 == 0 ? 6 : 0, total: 6) }))
    #expect(found.found == BinomialInterval(clusters: (0..<5).map { _ in (count: 2, total: 2) }))
    #expect(table.stays(model: 0).count == 20)
  }
}
