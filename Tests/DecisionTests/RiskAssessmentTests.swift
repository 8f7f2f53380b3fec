// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Testing

/// What is written as RiskAssessments, read again as any client reads it.
@Suite struct RiskAssessmentTests {
  static func resources(_ name: String) throws -> [RiskAssessment] {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    return try assessor.assess(chart, at: Samples.instant(chart, assessor), encounterID: "e1").riskAssessments
      .map { try #require(RiskAssessment(try Document($0.encoded(), syntax: .json).root)) }
  }

  @Test func anAssessedFindingHasAProbability() throws {
    let resources = try Self.resources("septic-deterioration")
    // Reasons are worked out for what becomes a card; the second outcome is none.
    #expect(resources.map { !$0.basis.isEmpty } == [true, false, true])
    for resource in resources {
      let prediction = try #require(resource.predictions.first)
      #expect(resource.status == "final" && !resource.isExcluded && resource.occurrence != nil)
      #expect(prediction.probability != nil && prediction.qualitativeRisk != nil && prediction.outcome != nil)
      #expect(resource.encounter?.literal == "Encounter/e1")
      #expect(resource.method?.codings.first?.system == "urn:vigil:model")
    }
  }

  @Test func aFindingWithoutProbabilityHasAReasonInstead() throws {
    for resource in try Self.resources("outpatient") {
      let prediction = try #require(resource.predictions.first)
      #expect(prediction.probability == nil && prediction.node["_probabilityDecimal"] != nil)
      #expect(prediction.rationale != nil && resource.node["mitigation"] == nil)
    }
  }

  @Test func whatIsNoProbabilityIsNone() throws {
    for (decimal, probability) in [("0.25", 0.25), ("1", 1), ("25", nil), ("-0.1", nil)] as [(String, Double?)] {
      let text =
        #"{"resourceType":"RiskAssessment","status":"cancelled","prediction":[{"probabilityDecimal":\#(decimal)}]}"#
      let resource = try #require(RiskAssessment(try Document(Array(text.utf8), syntax: .json).root))
      #expect(resource.isExcluded && resource.predictions.first?.probability == probability)
    }
  }
}
