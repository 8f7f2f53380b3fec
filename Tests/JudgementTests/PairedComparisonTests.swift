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
    return await PairedComparison(table, [package, package], isHourly: false, replicates: 200, jobs: 2)
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
    let found = await PairedComparison(table, [package, package], isHourly: false, replicates: 10, jobs: 1)
    let outcome = try #require(found.outcomes.first)
    let judged = try #require(outcome.judged)
    #expect(outcome.alarms.both == 1 && outcome.alarms.onlyFirst == 1 && outcome.alarms.onlySecond == 2)
    #expect(judged.reclassifiedEvents?.difference == 0.5 && judged.reclassifiedOthers?.difference == 0)
    #expect(judged.netEvents?.difference == 0.5 && judged.netOthers?.difference == 0)
    // Mean of deaths up by 0.05, of survivors the same.
    #expect(abs((judged.discrimination?.difference ?? 0) - 0.05) < 1e-12)
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
  }
}
