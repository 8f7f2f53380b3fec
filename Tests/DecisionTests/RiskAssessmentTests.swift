// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Testing

@Suite struct RiskAssessmentTests {
  static func resources(_ name: String) throws -> [JSON] {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    return assessor.assess(chart, at: Samples.instant(chart, assessor), encounterID: "e1").riskAssessments
  }

  @Test func anAssessedFindingHasAProbability() throws {
    let resources = try Self.resources("septic-deterioration")
    // Reasons are worked out for what becomes a card; the second outcome is none.
    #expect(resources.map { $0["basis"] != nil } == [true, false, true])
    for resource in resources {
      guard case .array(let predictions)? = resource["prediction"], let prediction = predictions.first else {
        return #expect(Bool(false), "no prediction")
      }
      #expect(resource["status"] == "final" && prediction["probabilityDecimal"] != nil)
      #expect(resource["encounter"] == ["reference": "Encounter/e1"])
    }
  }

  @Test func aFindingWithoutProbabilityHasAReasonInstead() throws {
    for resource in try Self.resources("outpatient") {
      guard case .array(let predictions)? = resource["prediction"], let prediction = predictions.first else {
        return #expect(Bool(false), "no prediction")
      }
      #expect(prediction["probabilityDecimal"] == nil && prediction["_probabilityDecimal"] != nil)
      #expect(prediction["rationale"] != nil && resource["mitigation"] == nil)
    }
  }
}
