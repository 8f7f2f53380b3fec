// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Judgement
import Networks
import Testing
import Training

/// What a model says, month by month: clean months raise nothing, and what has moved is found, each against what it is held against.
@Suite struct OutputDriftTests {
  private static let month = 31 * 24 * 3_600_000

  private static func evaluation(_ package: ModelPackage) throws -> Evaluation {
    let path = "\(Samples.root)/Profiles/models/\(package.manifest.id)/\(package.manifest.version)/evaluation.json"
    return try JSONDecoder().decode(Evaluation.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Months of stays with five rows each, alike within a stay.
  private static func drift(
    seed: UInt64, months: Int = 5, stays: Int = 120, labels: Bool = false, evaluation: Evaluation? = nil,
    _ said: (_ month: Int, _ random: inout RandomSource) -> Double?
  ) throws -> OutputDrift {
    let package = try Samples.package("icu-prognosis")
    var (table, random) = (EvidenceTable([package]), RandomSource(seed: seed))
    for month in 0..<months {
      for stay in 0..<stays {
        let p = said(month, &random)
        let label = labels ? random.uniform() < p ?? 0.5 : nil
        table.append(
          try Samples.evidence(
            "\(month)-\(stay)", (0..<5).map { hour in [(p.map { min(0.999, $0 + 0.0001 * Double(hour)) }, label)] },
            origin: 1 + month * Self.month))
      }
    }
    return OutputDrift(table, model: 0, package, evaluation: evaluation, scoredAtHour: [:])
  }

  /// A probability as skewed as those of the models.
  private static func probability(_ random: inout RandomSource) -> Double {
    let u = random.uniform()
    return 0.002 + 0.6 * u * u * u
  }

  @Test func cleanMonthsWithoutLabelsRaiseNothing() throws {
    var found = 0
    for seed in 0..<40 {
      let drift = try Self.drift(seed: UInt64(seed)) { _, random in Self.probability(&random) }
      #expect(drift.months.allSatisfy { $0.reference == .otherMonths && $0.index != nil })
      found += drift.findings.count
    }
    // One in a hundred of two hundred months may find anything; twice as many are allowed for chance.
    #expect(found <= 4)
  }

  @Test func aShiftWithoutLabelsIsFoundAgainstTheOtherMonths() throws {
    let drift = try Self.drift(seed: 1) { month, random in
      let p = Self.probability(&random)
      return month == 2 ? p.squareRoot() * 0.8 : p
    }
    let moved = drift.findings.filter { $0.kind == .output }
    #expect(moved.count == 1 && moved.first?.month == drift.months[2].month)
    #expect(moved.first?.text.hasSuffix("than in other months") == true)
    // A month alone has none to be held against.
    let alone = try Self.drift(seed: 1, months: 1) { _, random in Self.probability(&random) }
    #expect(alone.months.count == 1 && alone.months[0].index == nil && alone.findings.isEmpty)
  }

  @Test func withLabelsTheReferenceIsTheCrossValidation() throws {
    let package = try Samples.package("icu-prognosis")
    let evaluation = try Self.evaluation(package)
    let means = try #require(evaluation.outcomes.first?.report).calibration.map(\.meanProbability)
    // Between the bins' bounds each bin is as likely as the others.
    func draw(_ random: inout RandomSource) -> Double {
      let bin = random.index(below: means.count)
      let low = bin == 0 ? 0 : (means[bin - 1] + means[bin]) / 2
      let high = bin == means.count - 1 ? 1 : (means[bin] + means[bin + 1]) / 2
      return low + (high - low) * random.uniform()
    }
    var clean = 0
    for seed in 0..<40 {
      let drift = try Self.drift(seed: UInt64(seed), labels: true, evaluation: evaluation) { _, random in draw(&random)
      }
      #expect(drift.months.allSatisfy { $0.reference == .crossValidation && $0.index != nil })
      clean += drift.findings.count
    }
    #expect(clean <= 4)
    let moved = try Self.drift(seed: 9, labels: true, evaluation: evaluation) { _, random in
      min(0.99, draw(&random) * 1.6 + 0.05)
    }
    let found = moved.findings.filter { $0.kind == .output }
    #expect(Set(found.map(\.month)) == Set(moved.months.map(\.month)))
    #expect(found.allSatisfy { $0.text.hasSuffix("than in cross-validation") })
  }

  @Test func aMonthOfSilenceIsFound() throws {
    let drift = try Self.drift(seed: 2) { month, random in
      let isSilent = random.uniform() < (month == 3 ? 0.45 : 0.1)
      return isSilent ? nil : Self.probability(&random)
    }
    #expect(drift.findings.map(\.kind) == [.abstention] && drift.findings.first?.month == drift.months[3].month)
    #expect(abs((drift.findings.first?.size ?? 0) - 0.35) < 0.12)
  }

  /// A month of a few stays says nothing, however odd: one stay that is silent and one that is surely wrong among silent or right ones.
  @Test func fewStaysFindNothing() throws {
    let package = try Samples.package("icu-prognosis")
    func drift(_ odd: Int) throws -> OutputDrift {
      var table = EvidenceTable([package])
      for stay in 0..<200 {
        table.append(try Samples.evidence("p\(stay)", [[(0.2, stay % 5 == 0)]]))
      }
      for stay in 0..<odd {
        table.append(try Samples.evidence("q\(stay)", [[(0.9, false)]], origin: 3_000_000_000))
      }
      return OutputDrift(table, model: 0, package, evaluation: nil, scoredAtHour: [:])
    }
    #expect(try drift(5).findings.isEmpty && drift(29).findings.isEmpty)
    #expect(try drift(60).findings.map(\.kind) == [.calibration])
  }

  /// A chart with a stay in each of two months counts in both.
  @Test func staysCountInTheirOwnMonths() throws {
    let package = try Samples.package("icu-prognosis")
    var chart = try Samples.evidence("p", [[(0.2, nil)], [(0.3, nil)]], origin: 1)
    chart.append(try Samples.evidence("p", [[(nil, nil)]], origin: 1 + 3 * Self.month))
    var table = EvidenceTable([package])
    table.append(chart)
    let months = OutputDrift(table, model: 0, package, evaluation: nil, scoredAtHour: [:]).months
    #expect(months.map(\.rows) == [2, 1] && months.map(\.stays) == [1, 1] && months.map(\.abstained) == [0, 1])
  }

  /// Two stays of a patient in a month are two stays, and no two patients.
  @Test func staysOfAPatientAreAlike() throws {
    let package = try Samples.package("icu-prognosis")
    var table = EvidenceTable([package])
    for patient in 0..<40 {
      let rows = [[(p: Double?.some(0.2), label: Bool?.some(patient % 4 == 0))]]
      var chart = try Samples.evidence("p\(patient)", rows, origin: 1)
      chart.append(try Samples.evidence("p\(patient)", rows, origin: 86_400_000))
      table.append(chart)
    }
    let month = try #require(OutputDrift(table, model: 0, package, evaluation: nil, scoredAtHour: [:]).months.first)
    #expect(month.stays == 80 && month.rows == 80 && month.judgedPatients == 40)
    #expect(month.observed == BinomialInterval(clusters: (0..<40).map { (count: $0 % 4 == 0 ? 2 : 0, total: 2) }))
  }
}
