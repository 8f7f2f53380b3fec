// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Testing

@Suite struct PlanDefinitionTests {
  static let values: [String: Applicability.Value] = [
    "band": .text("high"), "probability": .number(0.4), "map": .number(64), "mean-pressure": .number(2),
  ]

  static let conditions: [(text: String, holds: Bool)] = [
    ("%band = 'high'", true), ("%band = 'low'", false), ("%band != 'low'", true), ("%map < 65", true),
    ("%map < 64", false), ("%map <= 64", true), ("%map > 63.9", true), ("%map >= 64", true), ("%map = 64", true),
    ("%map != 64", false), ("%lactate.empty()", true), ("%lactate.exists()", false), ("%map.exists()", true),
    ("%lactate > 2", false), ("%lactate <= 2", false), ("%`mean-pressure` = 2", true),
    ("%band = 'high' and %map < 65", true), ("%band = 'high' and %map < 60", false), ("%band > 3", false),
    ("  %map   <  65 ", true),
  ]

  @Test(arguments: conditions)
  func conditionsHoldAsInFHIRPath(_ text: String, _ holds: Bool) throws {
    #expect(try #require(Applicability(text)).holds { Self.values[$0] } == holds)
  }

  @Test(arguments: [
    "", "band = 'high'", "%band", "%band = high", "%map < ", "%map < nan", "%map ~ 3", "%map < 65 or %map > 3",
    "%`x < 3", "%map < 65 and ", "%.exists()",
  ])
  func whatIsOutsideThePartIsRefused(_ text: String) {
    #expect(Applicability(text) == nil)
  }

  static func plan(_ name: String) throws -> PlanDefinition {
    try PlanDefinition(try Document(try Samples.bytes("Profiles/recommendations/\(name).json"), syntax: .json))
  }

  @Test(arguments: ["icu-diagnosis", "icu-prognosis"], ["low", "moderate", "high"])
  func everyBandHasARecommendation(_ name: String, _ band: String) throws {
    let outcome = name == "icu-diagnosis" ? "sepsis" : "death"
    let found = try #require(
      try Self.plan(name).recommendation { $0 == "band" ? .text(band) : $0 == "outcome" ? .text(outcome) : nil })
    #expect(!found.artifacts.isEmpty && found.artifacts.allSatisfy { $0.url.hasPrefix("https://") })
    #expect(found.priority == (band == "high" ? "urgent" : "routine"))
    #expect(found.options.isEmpty == (band == "low"))
  }

  /// Each organ outcome has what may be done when its risk is high, with the guideline it rests on and no other.
  @Test(arguments: [
    ("aki", "KDIGO 2012"), ("circulatory-failure", "ESICM 2014"), ("respiratory-failure", "ESICM 2023"),
    ("hepatic-dysfunction", "ACG 2017"), ("coagulation-dysfunction", "ASH 2018"),
    ("hyperkalaemia", "UK Kidney Association 2023"), ("severe-hypoglycaemia", "SCCM 2024"),
  ]) func organOutcomesHaveARecommendationWhenHigh(_ outcome: String, _ work: String) throws {
    let plan = try Self.plan("icu-diagnosis")
    func recommend(_ band: String) -> Recommendation? {
      plan.recommendation { $0 == "band" ? .text(band) : $0 == "outcome" ? .text(outcome) : nil }
    }
    let found = try #require(recommend("high"))
    #expect(found.artifacts.map(\.label) == [work])
    #expect(!found.options.isEmpty && found.priority != "stat")
    #expect(recommend("low") == nil && recommend("moderate") == nil)
  }

  @Test func lowPressureWithHighRiskComesFirst() throws {
    let plan = try Self.plan("icu-diagnosis")
    func recommend(_ pressure: Double, _ lactate: Double?) -> Recommendation? {
      plan.recommendation { name in
        switch name {
        case "band": .text("high")
        case "outcome": .text("sepsis")
        case "map": .number(pressure)
        case "lactate": lactate.map { .number($0) }
        default: nil
        }
      }
    }
    #expect(recommend(60, 4)?.priority == "stat")
    #expect(recommend(70, 4)?.priority == "urgent")
    let options = { (lactate: Double?) in recommend(60, lactate)?.options.filter { $0.hasPrefix("Lactate") } ?? [] }
    #expect(options(nil).count == 1 && options(nil)[0].contains("No current value"))
    #expect(options(4).count == 1 && options(4)[0].contains("above 2"))
    #expect(options(1).isEmpty)
  }
}
