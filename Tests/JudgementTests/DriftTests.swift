// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Judgement
import Networks
import Replay
import Testing
import Training

/// Months drawn from the training's own distribution raise no alarm, and months in which something has moved do.
@Suite struct DriftTests {
  /// Draws a value of a column as training had it: between the deciles, and out to the 0.1th and 99.9th percentile.
  private static func draw(_ column: FeatureDistribution.Column, _ random: inout RandomSource) -> Float {
    guard let values = column.values, random.uniform() >= column.missing else { return .nan }
    let bounds = [values.low] + values.deciles + [values.high]
    let bin = random.index(below: 10)
    return bounds[bin] + (bounds[bin + 1] - bounds[bin]) * Float(random.uniform())
  }

  /// Findings of a month of stays of one row each.
  private static func month(
    _ stays: Int, seed: UInt64, _ package: ModelPackage, change: (Int, Float) -> Float = { $1 }
  ) -> FeatureDrift {
    let reference = DriftReference(package)
    var (counts, random) = (DriftCounts(), RandomSource(seed: seed))
    let hours = package.distribution.columns.first { $0.name == "hour" }
    for _ in 0..<stays {
      let hour = hours.map { draw($0, &random) } ?? 6
      let values = package.distribution.columns.enumerated().map { index, column in
        column.name == "hour" ? hour : change(index, draw(column, &random))
      }
      counts.add(reference.sample(month: "2026-03", [(Double(hour), values)]), reference)
    }
    return FeatureDrift(counts, reference)
  }

  /// A hundred clean months of each size: at most one in a hundred may find anything, and twice as many are allowed for chance.
  @Test func cleanMonthsRaiseNoAlarm() throws {
    let package = try Samples.package("icu-diagnosis")
    var alarms = 0
    for stays in [60, 120, 250, 500] {
      for draw in 0..<100 {
        let drift = Self.month(stays, seed: UInt64(1000 * stays + draw), package)
        #expect(drift.months.first?.isJudged == true)
        if !drift.findings.isEmpty { alarms += 1 }
      }
    }
    #expect(alarms <= 8, "\(alarms) of 400 clean months")
  }

  @Test func injectedShiftsAreFound() throws {
    let package = try Samples.package("icu-diagnosis")
    let columns = package.profile.columns
    let glucose = Set(
      columns.indices.filter { columns[$0].id.hasPrefix("glucose.") && columns[$0].id.hasSuffix(".last") })
    #expect(!glucose.isEmpty)
    for (seed, change) in ([{ $0 / 18 }, { $0 * 1.3 }, { $0 + 60 }] as [(Float) -> Float]).enumerated() {
      let drift = Self.month(250, seed: UInt64(seed), package) { glucose.contains($0) ? change($1) : $1 }
      let names = Set(drift.findings.map(\.name))
      #expect(names == Set(glucose.map { columns[$0].id }))
      #expect(drift.findings.allSatisfy { $0.kind == .feature })
    }
    // Nobody measures the heart rate any more in half of the rows.
    let heart = columns.indices.first { columns[$0].id == "heart-rate.last" }
    var random = RandomSource(seed: 3)
    let drift = Self.month(250, seed: 9, package) { $0 == heart && random.uniform() < 0.5 ? .nan : $1 }
    #expect(drift.findings.map(\.kind) == [.missing] && drift.findings.first?.name == "heart-rate.last")
  }

  /// Of a distribution that is of one hour: rows of other hours are not compared with it.
  @Test func rowsOfOtherHoursAreNotCompared() throws {
    let profile = try Samples.package("icu-prognosis").profile
    let row = profile.columns.map { $0.id == "hour" ? Float(6) : .nan }
    let rows = Matrix(rows: 100, columns: row.count, values: Array(repeatElement(row, count: 100).joined()))
    let reference = DriftReference(try FeatureDistribution(fitting: rows, profile: profile), profile: profile)
    var counts = DriftCounts()
    for _ in 0..<50 { counts.add(reference.sample(month: "2026-03", [(6, row), (7, row)]), reference) }
    let month = try #require(FeatureDrift(counts, reference).months.first)
    #expect(month.stays == 50 && month.effectiveRows == 50 && month.covered == 1)
    var late = DriftCounts()
    for _ in 0..<50 { late.add(reference.sample(month: "2026-03", [(30, row)]), reference) }
    #expect(FeatureDrift(late, reference).months.first?.isJudged == false)
  }

  /// Hours that are only too early to be assessed are rows, where the training learned from such; a stay that may not be assessed
  /// for another reason has none.
  @Test func hoursBeforeTheFirstAssessmentAreRows() throws {
    let assessor = try Samples.assessor.get()
    let model = try #require(assessor.packages.firstIndex { $0.manifest.id == "icu-diagnosis" })
    let (package, reference) = (assessor.packages[model], DriftReference(assessor.packages[model]))
    func rows(_ name: String) throws -> [ReplayRow] {
      var rows: [ReplayRow] = []
      let inputs = try ChartInput.inputs(at: "\(Samples.root)/FixturesFHIR/\(name).json")
      _ = Replay(assessor: assessor, moment: .eachHour).run(inputs) { rows += $0.rows }
      return rows
    }
    func counted(_ rows: [ReplayRow]) -> Double? {
      var counts = DriftCounts()
      let samples = DriftSample.samples(rows, model: model, reference, package.profile)
      for sample in samples { counts.add(sample, reference) }
      return FeatureDrift(counts, reference).months.first?.effectiveRows
    }
    func reasons(_ row: ReplayRow) -> [Ineligibility] { row.assessment?.models[model].timeline.ineligibility ?? [] }
    let early = try rows("septic-deterioration").filter { row in
      if case .tooEarly? = reasons(row).first { reasons(row).count == 1 } else { false }
    }
    #expect(!early.isEmpty && early.allSatisfy { $0.assessment?.models[model].vector == nil })
    #expect(counted(early) == 1)
    let young = try rows("child")
    #expect(!young.isEmpty && young.allSatisfy { reasons($0).contains { $0.code == "too-young" } })
    #expect(counted(young) == 0)
  }

  /// A model whose training knew one hour of the stay is compared at that hour alone.
  @Test func aTrainingOfOneHourIsComparedAtThatHour() throws {
    let package = try Samples.package("icu-diagnosis")
    var known = JSON(try Document([UInt8](try JSONEncoder().encode(package.distribution)), syntax: .json).root)
    guard case .array(var columns)? = known["columns"] else { throw FHIRError(.empty) }
    let place = try #require(columns.firstIndex { $0["name"] == "hour" })
    for member in ["low", "high"] { columns[place]["values"]?[member] = 24 }
    columns[place]["values"]?["deciles"] = .array(Array(repeating: 24, count: 9))
    known["columns"] = .array(columns)
    let distribution = try JSONDecoder().decode(FeatureDistribution.self, from: Data(known.encoded()))
    let reference = DriftReference(distribution, profile: package.profile)
    let values = package.profile.columns.map { _ in Float.nan }
    func counted(atHour hour: Double) -> Double? {
      var counts = DriftCounts()
      counts.add(reference.sample(month: "2026-03", [(hour, values)]), reference)
      return FeatureDrift(counts, reference).months.first?.effectiveRows
    }
    #expect(counted(atHour: 24) == 1 && counted(atHour: 23) == 0 && counted(atHour: 48) == 0)
  }

  @Test func aUnitThatIsNewInAMonthIsFound() throws {
    let package = try Samples.package("icu-diagnosis")
    let reference = DriftReference(package)
    var counts = DriftCounts()
    for month in 1...6 {
      for stay in 0..<40 {
        let unit = month == 5 && stay % 2 == 0 ? "mmol/L" : "mg/dL"
        counts.add(reference.sample(month: "2026-0\(month)", [], units: ["glucose": [unit: 10]]), reference)
      }
    }
    let found = FeatureDrift(counts, reference).findings
    #expect(found.allSatisfy { $0.kind == .unit && $0.name == "glucose" && $0.month == "2026-05" } && found.count == 2)
  }

  /// A month that has moved wholly makes no other month stand out.
  @Test func cleanMonthsBesideABadOneRaiseNothing() throws {
    let reference = DriftReference(try Samples.package("icu-diagnosis"))
    var counts = DriftCounts()
    for month in 1...6 {
      for _ in 0..<100 {
        let units = ["glucose": [(month == 5 ? "mmol/L" : "mg/dL"): 10]]
        counts.add(reference.sample(month: "2026-0\(month)", [], units: units), reference)
      }
    }
    let found = FeatureDrift(counts, reference).findings
    #expect(found.count == 2 && found.allSatisfy { $0.month == "2026-05" && abs($0.size) == 1 })
  }

  /// Of a signal that few stays have nothing is found, however many stays the month has; nor of one stay with many values.
  @Test func unitsAreJudgedByStaysThatHaveTheSignal() throws {
    let reference = DriftReference(try Samples.package("icu-diagnosis"))
    func found(_ odd: Int, values: Int = 10, among stays: Int = 200) -> FeatureDrift {
      var counts = DriftCounts()
      for month in 1...8 {
        for stay in 0..<stays {
          let units =
            stay < odd || month != 2 && stay < 100
            ? ["lactate": [(month == 2 ? "mg/dL" : "mmol/L"): (stay == 0 ? values : 10)]] : [:]
          counts.add(reference.sample(month: "2026-0\(month)", [], units: units), reference)
        }
      }
      return FeatureDrift(counts, reference)
    }
    #expect(found(20).findings.isEmpty && found(29).findings.isEmpty)
    let enough = found(40)
    #expect(!enough.findings.isEmpty && enough.findings.allSatisfy { $0.kind == .unit && $0.month == "2026-02" })
    let mix = try #require(enough.units.first { $0.month == "2026-02" && $0.signal == "lactate" })
    #expect(mix.stays == 40 && abs(mix.effectiveStays - 40) < 1e-9 && mix.shares == ["mg/dL": 1])
    // One stay with nearly all values counts for one.
    #expect(found(40, values: 100_000).findings.isEmpty)
  }

  /// The index of ten bins of known shares, with the half row in each that it adds.
  @Test func theIndexByHand() {
    let same = (1...9).map { Double($0) / 10 }
    let still = StabilityIndex(below: same, through: same, rows: 1e9)
    #expect(still.value < 1e-12 && still.chance == 1)
    var shares = same
    shares[0] = 0.2
    let moved = StabilityIndex(below: shares, through: shares, rows: 100)
    // Of the first two bins one holds both shares.
    let expected = (20.5 / 105 - 0.1) * Elementary.log(20.5 / 10.5) + (0.5 / 105 - 0.1) * Elementary.log(0.5 / 10.5)
    #expect(abs(moved.value - expected) < 1e-12)
    // 18 exp(-100 (0.2 ln 2 + 0.8 ln (8/9)))
    let bound = 18 * Elementary.exp(-100 * (0.2 * Elementary.log(2) + 0.8 * Elementary.log(8.0 / 9)))
    #expect(abs(moved.chance - bound) < 1e-9)
    // Whole numbers: three deciles on one value of which half of the rows have it.
    let tied = StabilityIndex(
      below: [0.1] + [0.2, 0.2, 0.2] + same[4...], through: [0.1] + [0.5, 0.5, 0.5] + same[4...], rows: 1e9)
    #expect(tied.value < 1e-12 && tied.chance == 1)
  }

  /// Chernoff's bound is one: never less than the exact probability, and not far from it.
  @Test func theBoundHolds() {
    // P(Bin(20, 0.1) >= 8) = 0.000416, P(Bin(20, 0.5) <= 3) = 0.001288
    let (upper, lower) = (
      StabilityIndex.chance(of: 0.4, expecting: 0.1, rows: 20),
      StabilityIndex.chance(of: 0.15, expecting: 0.5, rows: 20)
    )
    #expect(upper > 0.000416 && upper < 0.000416 * 12 && lower > 0.001288 && lower < 0.001288 * 12)
    #expect(StabilityIndex.chance(of: 0, expecting: 0.1, rows: 10) - Elementary.exp(10 * Elementary.log(0.9)) < 1e-12)
  }

  /// Two stays of one chart are two: no alarm of the first finds the onset of the second.
  @Test func staysOfAChartAreApart() throws {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package])
    table.append(try Samples.evidence("p", [[(0.2, false)], [(0.3, true)]]))
    var both = try Samples.evidence("q", [[(0.2, false)], [(0.3, true)]])
    both.append(try Samples.evidence("q", [[(0.4, true)]], origin: 3_000_000_000))
    table.append(both)
    let rows = table.scored(model: 0, outcome: 0, package.primary.outcome, isHourly: true).rows
    #expect(rows.stays == [0..<2, 2..<4, 4..<5] && rows.records.map(\.id) == ["p", "q", "q"])
  }

  /// Two versions beside each other: neither holds back the other's cards.
  @Test func versionsAreTriedApart() throws {
    let package = try Samples.package("icu-prognosis")
    func table(_ packages: [ModelPackage]) throws -> EvidenceTable {
      var table = EvidenceTable(packages)
      for stay in 0..<10 {
        let said = packages.map { _ in (p: Double?.some(0.9), label: Bool?.some(stay % 2 == 0)) }
        table.append(try Samples.evidence("p\(stay)", Array(repeating: said, count: 6), indicator: "warning"))
      }
      return table
    }
    let alone = AlarmCurves(try table([package]), [package])
    let pair = AlarmCurves(try table([package, package]), [package, package])
    #expect(pair.policies.count == 2 * alone.policies.count)
    let own = alone.policies.map { $0.trial.outcomes[0][0].cards }
    #expect(pair.policies.prefix(own.count).map { $0.trial.outcomes[0][0].cards } == own)
    #expect(pair.policies.suffix(own.count).map { $0.trial.outcomes[1][0].cards } == own)
    // Six hours of ten patients, at the threshold; once each with a cool-down of eight.
    #expect(own.prefix(2) == [60, 10])
  }
}
