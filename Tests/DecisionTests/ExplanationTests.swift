// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Networks
import Testing

@Suite struct ExplanationTests {
  static func model(_ name: String = "septic-deterioration", _ assessor: Assessor? = nil) throws -> ModelAssessment {
    let assessor = try assessor ?? Samples.assessor()
    let chart = try Samples.chart(name)
    return assessor.assess(chart, at: Samples.instant(chart, try Samples.assessor())).models[0]
  }

  /// What the patient would be compared with, computed here by the definition.
  static func typical(_ vector: FeatureVector, _ package: ModelPackage) throws -> FeatureVector {
    var typical = vector
    for (index, kind) in package.profile.columnKinds.enumerated() where kind != .habit {
      guard vector.values[index].isFinite, let values = package.distribution.columns[index].values else { continue }
      typical.values[index] = values.median
    }
    return typical
  }

  @Test func contributionsAddUpFromTheTypicalPatient() throws {
    let package = try Samples.assessor().packages[0]
    let model = try Self.model()
    let vector = try #require(model.vector)
    let (explanation, risk) = (try #require(model.findings[0].explanation), try #require(model.findings[0].risk))
    let typical = package.encoder.encode(try Self.typical(vector, package))
    #expect(
      explanation.typicalProbability == package.primary.probability(package.ensemble.logits(Matrix(row: typical))))
    #expect(explanation.completenessGap < 1e-4)
    // All signals' contributions, not only the five shown, add up to the difference of the log-odds.
    let attribution = package.ensemble.integratedGradients(
      package.encoder.encode(vector), baseline: typical, of: [LogitIndex(head: package.primary.head)])[0]
    var sums: [String: Double] = [:]
    for (group, value) in zip(package.encoder.groups, attribution.contributions) { sums[group, default: 0] += value }
    func logOdds(_ p: Double) -> Double { Elementary.log(p / (1 - p)) }
    let change = logOdds(risk.probability) - logOdds(explanation.typicalProbability)
    #expect(abs(sums.values.reduce(0, +) * 0.9 - change) < 1e-4)
    let greatest = sums.values.map { abs($0 * 0.9) }.sorted(by: >).prefix(5)
    #expect(explanation.drivers.count == 5)
    for (driver, expected) in zip(explanation.drivers, greatest) {
      #expect(abs(abs(driver.contribution) - expected) < 1e-6)
    }
  }

  /// A chart that is typical in everything has nothing to explain: charting alone moves nothing.
  @Test func typicalValuesMoveNothing() throws {
    let package = try Samples.assessor().packages[0]
    let vector = try #require(try Self.model().vector)
    let typical = package.encoder.encode(try Self.typical(vector, package))
    let attribution = package.ensemble.integratedGradients(
      typical, baseline: typical, of: [LogitIndex(head: package.primary.head)])[0]
    #expect(attribution.contributions.allSatisfy { $0 == 0 })
  }

  @Test func driversHaveValueTypicalUnitTimeAndSource() throws {
    let model = try Self.model()
    let drivers = try #require(model.findings[0].explanation).drivers
    let measured = drivers.filter { $0.instant != nil }
    #expect(!measured.isEmpty)
    for driver in measured {
      #expect(driver.value != nil && driver.unit != nil && driver.typical != nil && driver.source != nil)
    }
  }
}
