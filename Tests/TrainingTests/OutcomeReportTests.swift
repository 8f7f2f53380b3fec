// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Testing
import Training

@Suite struct OutcomeReportTests {
  /// 4,000 stays of one row, of two sexes; risks are true, except that those of men are doubled where it is asked for.
  private func rows(biased: Bool = false) -> ScoredRows {
    var random = RandomSource(seed: 3)
    var rows = ScoredRows()
    rows.sets = []
    for stay in 0..<4000 {
      let isMale = stay % 2 == 0
      let risk = 0.05 + 0.4 * random.uniform()
      let stated = biased && isMale ? min(0.99, 2 * risk) : risk
      rows.probabilities.append(stated)
      rows.labels.append(random.uniform() < risk)
      rows.alarms.append(stated >= 0.3)
      rows.hours.append(48)
      rows.sets?.append(.init(yes: stated >= 0.1, no: stated <= 0.4))
      rows.stays.append(stay..<stay + 1)
      rows.records.append(record(stay, sex: isMale ? 1 : 0))
    }
    return rows
  }

  private func record(_ stay: Int, sex: Double?) -> StayTable.Record {
    StayTable.Record(
      id: "\(stay)", dataSet: "made-up", site: "here", age: 70, sex: sex, unitType: nil, hospital: nil,
      rows: stay..<stay + 1)
  }

  private func outcome(
    _ rows: ScoredRows, target: Double? = 0.9, replicates: Int = 20, seed: UInt64 = 1, jobs: Int = 2
  ) async -> Evaluation.Outcome {
    await Evaluation.Outcome(
      head: "outcome", rows, threshold: 0.3, target: target, byHour: [], replicates: replicates, seed: seed, jobs: jobs)
  }

  @Test func pointEstimatesLieInTheirIntervals() async throws {
    let found = await outcome(rows(), replicates: 200)
    let scores = found.scores
    let pairs: [(String, Double?)] = [
      ("auroc", scores.auroc), ("auprc", scores.auprc), ("brier", scores.brier), ("sensitivity", scores.sensitivity),
      ("precision", scores.precision), ("specificity", scores.specificity), ("score1", scores.score1),
    ]
    for (name, value) in pairs {
      let interval = try #require(found.intervals[name])
      let value = try #require(value)
      #expect(interval.low < value && value < interval.high, "\(name)")
    }
    #expect(found.intervals["utility"] == nil && found.intervals["alarmsPerPatientDay"] == nil)
    #expect(found.onsets == nil)
  }

  @Test func threadsChangeNoBit() async {
    let rows = rows()
    let one = await outcome(rows, replicates: 50, jobs: 1)
    let three = await outcome(rows, replicates: 50, jobs: 3)
    let other = await outcome(rows, replicates: 50, seed: 2, jobs: 3)
    #expect(one == three)
    #expect(one != other)
  }

  @Test func plantedBiasIsFlaggedAndNothingElse() async throws {
    let fair = await outcome(rows())
    // Everybody is 70 years old, so that the age band is the whole.
    #expect(fair.groups.map(\.name) == ["age:65-79", "sex:female", "sex:male"])
    #expect(fair.groups.map(\.stays) == [4000, 2000, 2000])
    #expect(fair.groups.allSatisfy { $0.flags == [] })
    let biased = await outcome(rows(biased: true))
    let men = try #require(biased.groups.first { $0.name == "sex:male" })
    #expect(try #require(men.flags).contains("risk too high"))
    let women = try #require(biased.groups.first { $0.name == "sex:female" }?.flags)
    #expect(!women.contains("risk too high") && women.contains("finds fewer"))
  }

  @Test func coverageIsCountedByClass() async throws {
    var rows = rows()
    rows.sets = rows.labels.indices.map { .init(yes: $0 % 10 != 0, no: true) }
    let found = try #require(await outcome(rows).conformal)
    let positives = rows.labels.indices.filter { rows.labels[$0] }
    #expect(found.yes?.rows == positives.count)
    #expect(found.yes?.covered == Double(positives.count { $0 % 10 != 0 }) / Double(positives.count))
    #expect(found.no?.covered == 1 && found.target == 0.9)
    #expect(abs(found.single - 0.1) < 1e-12)
    #expect(await outcome(rows, target: nil).conformal == nil)
  }

  @Test func curvesBeginAndEndWhereTheyMust() throws {
    let report = OutcomeReport(rows())
    #expect(report.roc.first == .init(x: 0, y: 0) && report.roc.last == .init(x: 1, y: 1))
    #expect(zip(report.roc, report.roc.dropFirst()).allSatisfy { $0.x <= $1.x && $0.y <= $1.y })
    #expect(report.precisionRecall.last?.x == 1)
    #expect(report.calibration.reduce(0) { $0 + $1.count } == 4000)
    let line = try #require(report.calibrationLine)
    #expect(line.slope.low < 1 && line.slope.high > 1)
  }

  @Test func hoursOfAStayAreCountedTogether() throws {
    var rows = ScoredRows()
    rows.isHourly = true
    rows.hasOnset = true
    rows.leadHours = 6
    // Two stays of ten hours: the first is labelled from hour 6 on and alarmed at hours 4, 5 and 8; the second never.
    for stay in 0..<2 {
      for hour in 1...10 {
        rows.probabilities.append(stay == 0 ? Double(hour) / 20 : 0.01 * Double(hour))
        rows.labels.append(stay == 0 && hour >= 6)
        rows.alarms.append(stay == 0 && [4, 5, 8].contains(hour))
        rows.hours.append(Double(hour))
      }
      rows.stays.append(stay * 10..<stay * 10 + 10)
      rows.records.append(record(stay, sex: 0))
    }
    let report = OutcomeReport(rows)
    // Two alarms in twenty hours; the one that goes on is one.
    #expect(abs(try #require(report.alarms.perPatientDay) - 2.0 / (20.0 / 24)) < 1e-12)
    #expect(report.alarms.alarmedWithOutcome?.share == 1 && report.alarms.alarmedWithoutOutcome?.share == 0)
    #expect(report.alarms.neededToEvaluate == 3)
    // Onset is six hours after the first label, at hour 12; the first alarm came at hour 4.
    let onsets = OnsetAlarms(labels: rows.labels, alarms: rows.alarms, hours: rows.hours, stays: rows.stays, lead: 6)
    #expect(onsets.stays == 1 && onsets.foundShare == 1 && onsets.medianLeadHours == 8)
    #expect(onsets.leads?.histogram == [0, 0, 1, 0, 0])
  }
}
