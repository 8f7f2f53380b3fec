// SPDX-License-Identifier: Apache-2.0
import Decision
import Judgement
import Networks
import Testing

/// Two models on the same patients.
@Suite struct PairedComparisonTests {
  /// 300 patients of one row; the second model says what `second` makes of the first's probability.
  private func comparison(_ second: (Double, Bool, inout RandomSource) -> Double) async throws -> PairedComparison {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package, package])
    var random = RandomSource(seed: 7)
    for patient in 0..<300 {
      let risk = random.uniform() * random.uniform()
      let died = random.uniform() < risk
      table.append(
        try Samples.evidence("p\(patient)", [[(risk, died), (second(risk, died, &random), died)]]))
    }
    return await PairedComparison(table, [package, package], replicates: 200, jobs: 2)
  }

  @Test func aModelDoesNotDifferFromItself() async throws {
    let outcome = try #require(try await comparison { p, _, _ in p }.outcomes.first)
    #expect(outcome.rows == 300 && outcome.patients == 300 && outcome.meanDistance == 0)
    #expect(
      outcome.alarms.onlyFirst == 0 && outcome.alarms.onlySecond == 0 && outcome.begun.first == outcome.begun.second)
    let judged = try #require(outcome.judged)
    for change in [judged.auroc, judged.auprc, judged.brier, judged.netEvents, judged.netOthers, judged.discrimination]
    {
      #expect(change?.difference == 0 && change?.interval?.low == 0 && change?.interval?.high == 0)
    }
    #expect(judged.deLong?.difference == 0 && judged.deLong?.deviation == 0)
  }

  @Test func aModelThatKnowsNothingIsFoundWorse() async throws {
    let judged = try #require(try await comparison { _, _, random in random.uniform() }.outcomes.first?.judged)
    let auroc = try #require(judged.auroc)
    #expect(auroc.difference < -0.1 && (auroc.interval?.high ?? 1) < 0)
    #expect((judged.deLong?.interval.upperBound ?? 1) < 0)
    // Both tell of the same difference.
    #expect(abs((judged.deLong?.difference ?? 0) - auroc.difference) < 1e-12)
    #expect((judged.brier?.interval?.low ?? -1) > 0 && (judged.discrimination?.interval?.high ?? 1) < 0)
  }

  /// Worked out by hand: alarm from `threshold` on; of two deaths one is newly alarmed, of three survivors one is newly alarmed and
  /// one no longer.
  @Test func reclassificationByHand() async throws {
    let package = try Samples.package("icu-prognosis")
    let alarm = package.primary.outcome.alarm
    let (under, over) = (alarm - 0.05, alarm + 0.05)
    var table = EvidenceTable([package, package])
    let rows: [(Double, Double, Bool)] = [
      (under, over, true), (over, over, true), (under, over, false), (over, under, false), (under, under, false),
    ]
    for (index, row) in rows.enumerated() {
      table.append(try Samples.evidence("p\(index)", [[(row.0, row.2), (row.1, row.2)]]))
    }
    let found = await PairedComparison(table, [package, package], replicates: 10, jobs: 1)
    let outcome = try #require(found.outcomes.first)
    let judged = try #require(outcome.judged)
    #expect(outcome.alarms.both == 1 && outcome.alarms.onlyFirst == 1 && outcome.alarms.onlySecond == 2)
    #expect(judged.reclassifiedEvents?.difference == 0.5 && judged.reclassifiedOthers?.difference == 0)
    #expect(judged.netEvents?.difference == 0.5 && judged.netOthers?.difference == 0)
    // Mean of deaths up by 0.05, of survivors the same.
    #expect(abs((judged.discrimination?.difference ?? 0) - 0.05) < 1e-12)
  }

  /// The intervals come of the seed alone, whatever the threads; of other patients they are others.
  @Test func intervalsAreOfTheSeed() async throws {
    let package = try Samples.package("icu-prognosis")
    func made(_ seed: UInt64) throws -> EvidenceTable {
      var (table, random) = (EvidenceTable([package, package]), RandomSource(seed: seed))
      for patient in 0..<120 {
        let risk = random.uniform()
        let died = random.uniform() < risk
        table.append(try Samples.evidence("p\(patient)", [[(risk, died), (random.uniform(), died)]]))
      }
      return table
    }
    func change(_ table: EvidenceTable, _ jobs: Int) async -> PairedComparison.Change? {
      await PairedComparison(table, [package, package], replicates: 100, jobs: jobs).outcomes.first?.judged?.brier
    }
    let table = try made(1)
    let one = try #require(await change(table, 1))
    for jobs in [1, 3] { #expect(await change(table, jobs) == one) }
    #expect(await change(try made(2), 1)?.interval != one.interval)
  }

  /// Charts of a patient who comes in two inputs are drawn together: said twice, nothing is surer than said once.
  @Test func aPatientInTwoInputsIsDrawnOnce() async throws {
    let package = try Samples.package("icu-prognosis")
    func compared(_ names: [(Int) -> String]) async throws -> PairedComparison.Outcome {
      var (table, random) = (EvidenceTable([package, package]), RandomSource(seed: 4))
      for patient in 0..<150 {
        let (risk, other) = (random.uniform(), random.uniform())
        let died = random.uniform() < risk
        for name in names { table.append(try Samples.evidence(name(patient), [[(risk, died), (other, died)]])) }
      }
      return try #require(await PairedComparison(table, [package, package], replicates: 200, jobs: 2).outcomes.first)
    }
    let once = try await compared([{ "p\($0)" }])
    let twice = try await compared([{ "p\($0)" }, { "p\($0)" }])
    let apart = try await compared([{ "p\($0)" }, { "q\($0)" }])
    #expect(once.patients == 150 && twice.patients == 150 && apart.patients == 300 && twice.rows == 300)
    let intervals = [once, twice, apart].compactMap { $0.judged?.brier?.interval }
    try #require(intervals.count == 3)
    #expect(abs(intervals[0].low - intervals[1].low) < 1e-9 && abs(intervals[0].high - intervals[1].high) < 1e-9)
    #expect(intervals[2].high - intervals[2].low < 0.85 * (intervals[1].high - intervals[1].low))
    // DeLong takes each row for a patient.
    #expect(once.judged?.deLong != nil && twice.judged?.deLong == nil)
  }

  /// Two definitions of one outcome: there is no saying which model is right, and how often they differ is said.
  @Test func otherDefinitionsAreNotJudged() async throws {
    let package = try Samples.package("icu-prognosis")
    func compared(_ second: Bool?) async throws -> PairedComparison.Outcome {
      var table = EvidenceTable([package, package])
      for patient in 0..<20 {
        let label = patient % 2 == 0
        table.append(
          try Samples.evidence("p\(patient)", [[(0.4, label), (0.6, patient < 3 ? second ?? label : label)]]))
      }
      return try #require(await PairedComparison(table, [package, package], replicates: 10, jobs: 1).outcomes.first)
    }
    let same = try await compared(nil)
    #expect(same.labelledDifferently == 0 && same.judged?.rows == 20)
    let other = try await compared(true)
    #expect(other.labelledDifferently == 1 && other.judged == nil && other.rows == 20)
    // What only one of them knows is in no score.
    var table = EvidenceTable([package, package])
    for patient in 0..<20 {
      table.append(
        try Samples.evidence("p\(patient)", [[(0.4, patient % 2 == 0), (0.6, patient < 5 ? nil : patient % 2 == 0)]]))
    }
    let found = await PairedComparison(table, [package, package], replicates: 10, jobs: 1).outcomes.first
    #expect(found?.judged?.rows == 15 && found?.labelledDifferently == 0)
  }

  @Test func onlyTheFarthestAreKept() {
    var differences = ModelDifferences()
    func difference(_ index: Int, _ size: Double) -> ModelDifference {
      let said = { (p: Double) in ModelDifference.Said(probability: p, band: "low", typical: nil, reasons: []) }
      return ModelDifference(
        patient: "p\(index)", input: "", at: 0, hour: nil, outcome: "death", first: said(0), second: said(size))
    }
    for index in 0..<40 { differences.add(difference(index, Double((index * 7) % 40) / 100)) }
    #expect(differences.farthest.map(\.size) == (28..<40).reversed().map { Double($0) / 100 })
    #expect(differences.least == 0.28)
    // A patient is there once, with the greatest difference.
    differences.add(difference(39, 0.9))
    differences.add(difference(39, 0.1))
    #expect(differences.farthest.count == 12 && differences.farthest.count { $0.patient == "p39" } == 1)
    #expect(differences.farthest.first?.size == 0.9)
  }
}
