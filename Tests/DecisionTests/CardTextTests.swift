// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Foundation
import Networks
import Testing

@Suite struct CardTextTests {
  static func cards(_ name: String, hookInstance: String = "i") throws -> [Card] {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    return assessor.assess(chart, at: Samples.instant(chart, assessor)).cards(channel: hookInstance)
  }

  @Test(arguments: Samples.charts)
  func alwaysTwoCardsThatBreakNoRule(_ name: String) throws {
    let cards = try Self.cards(name)
    #expect(cards.count == 2)
    _ = try HookResponse(cards: cards).encoded()
    #expect(cards[0].summary.hasPrefix("Sepsis risk in the next 6 h: "))
    #expect(cards[1].summary.hasPrefix("Risk of death in hospital: "))
    for card in cards { #expect(card.detail?.text.contains("never the sole ground of a decision") == true) }
  }

  @Test func aCardWithoutProbabilitySaysWhyAndIsNoReassurance() throws {
    for card in try Self.cards("outpatient") {
      #expect(card.summary.contains("not assessed, because the chart shows no stay in an intensive care unit"))
      #expect(card.detail?.text.contains("not a statement that the risk is low") == true)
      #expect(card.indicator == .info && card.overrideReasons.isEmpty)
    }
  }

  @Test func aCardWithProbabilitySaysWhatAClinicianNeeds() throws {
    let card = try Self.cards("septic-deterioration")[0]
    let text = try #require(card.detail?.text)
    for part in [
      "**Sepsis risk in the next 6 h: ", "networks agree within", "| Signal | Last value | Typical | Time |", "UTC",
      "Speaks for hour 48",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.contains("Observation/"))
    #expect(!card.overrideReasons.isEmpty && card.links.allSatisfy { $0.url.hasPrefix("https://") })
  }

  @Test func anotherOutcomeIsATableUntilItIsHigh() throws {
    let chart = try Samples.chart("septic-deterioration")
    let calm = try Samples.assessor()
    let instant = Samples.instant(chart, calm)
    let quiet = calm.assess(chart, at: instant)
    #expect(quiet.cards(channel: "i").count == 2 && quiet.findings.count == 3)
    let detail = try #require(quiet.cards(channel: "i")[0].detail?.text)
    #expect(detail.contains("Also looked at:\n\n| Outcome | Result |"))
    #expect(detail.contains("| Risk of acute kidney injury within 24 h | "))
    #expect(quiet.findings[1].explanation == nil && quiet.findings[1].risk != nil)
    // The same networks, with an alarm that sounds at once.
    let package = try Samples.package(.diagnosis) { manifest in
      manifest.outcomes[1].bands = [.init(name: "low", from: 0), .init(name: "high", from: 1e-9)]
    }
    let loud = Assessor(packages: [package], terminology: calm.terminology).assess(chart, at: instant)
    let cards = loud.cards(channel: "i")
    #expect(cards.map { $0.summary.prefix(14) } == ["Sepsis risk in", "Risk of acute "])
    guard cards.count == 2 else { return }
    #expect(cards[0].detail?.text.contains("Also looked at") == false)
    #expect(cards[1].source.topic?.code == "14669001" && loud.findings[1].explanation != nil)
    #expect(loud.findings.map(\.risk?.probability) == quiet.findings.prefix(2).map(\.risk?.probability))
  }

  @Test func survivalStandsOnTheCardAndInTheRiskAssessment() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("septic-deterioration")
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let curve = try #require(assessment.models[1].findings[0].survival)
    #expect(curve.ends == Samples.survivalEnds && assessment.models[0].findings.allSatisfy { $0.survival == nil })
    let detail = try #require(assessment.cards(channel: "i").last?.detail?.text)
    for day in [30.0, 90, 365] {
      let row = "| \(DecimalText.fixed(day, decimals: 0)) | \(DecimalText.percent(curve.probability(at: day)))"
      #expect(detail.contains(row))
    }
    guard case .array(let predictions)? = assessment.riskAssessments.last?["prediction"] else {
      return #expect(Bool(false), "no predictions")
    }
    #expect(predictions.count == 4)
    let dead = DecimalText.fixed(1 - curve.probability(at: 365), decimals: 4)
    #expect(predictions[3]["probabilityDecimal"] == .number(literal: dead))
  }

  @Test func whatIsNeededAndMissingIsNamed() throws {
    let chart = try Samples.chart("sparse")
    let package = try Samples.package(.diagnosis) { manifest in
      manifest.outcomes[0].requires = [["heart-rate"], ["spo2", "sao2"], ["respiratory-rate"]]
    }
    let assessor = Assessor(packages: [package], terminology: try Samples.assessor().terminology)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let finding = assessment.findings[0]
    #expect(finding.risk == nil && finding.explanation == nil && finding.memberLogits.count == 3)
    #expect(assessment.findings[1].risk != nil)
    guard case .notAssessed(let reasons) = finding.conclusion else { return }
    #expect(reasons.map(\.code) == ["needed-signal-missing"])
    let card = assessment.cards(channel: "i")[0]
    #expect(
      card.summary.hasPrefix(
        "Sepsis risk in the next 6 h: not assessed, because it needs a current value of Oxygen satur"))
    #expect(
      card.detail?.text.hasPrefix("**Not assessed**, because it needs a current value of Oxygen saturation") == true)
    #expect(card.detail?.text.contains("or Arterial oxygen saturation; and of Respiratory rate") == true)
    _ = try HookResponse(cards: assessment.cards(channel: "i")).encoded()
  }

  @Test func whatIsNeededMustBeCurrent() throws {
    let chart = try Samples.chart("septic-deterioration")
    let package = try Samples.package(.diagnosis) { $0.outcomes[0].requires = [["heart-rate"], ["lactate"]] }
    let assessor = Assessor(packages: [package], terminology: try Samples.assessor().terminology)
    let instant = Samples.instant(chart, try Samples.assessor())
    #expect(assessor.predict(chart, at: instant).findings[0].risk != nil)
    // Ten hours on the pulse is stale, the lactate is not.
    guard
      case .notAssessed(let reasons) = assessor.predict(chart, at: instant.advanced(byHours: 10)).findings[0].conclusion
    else { return #expect(Bool(false), "assessed") }
    #expect(reasons.map(\.text) == ["it needs a current value of Heart rate"])
  }

  @Test func uuidsBelongToPatientModelOutcomeAndCall() throws {
    let one = try Self.cards("septic-deterioration").map(\.uuid)
    #expect(try Self.cards("septic-deterioration").map(\.uuid) == one)
    let others = try Self.cards("septic-deterioration", hookInstance: "j") + Self.cards("sparse")
    #expect(Set(one + others.map(\.uuid)).count == 6)
  }

  @Test func textOfTheChartCannotBecomeMarkup() throws {
    let source = String(decoding: try Samples.bytes("FixturesFHIR/septic-deterioration.json"), as: UTF8.self)
    let hostile = "x](https://evil.example)<img src=x onerror=alert(1)>|**b**\u{202E}"
    // Every Observation's id becomes hostile: ids are what a card shows of a resource.
    let text = source.replacing(/"resourceType":\s*"Observation",\s*"id":\s*"([^"]*)"/) { match in
      "\"resourceType\": \"Observation\", \"id\": \"\(hostile)\(match.1)\""
    }
    #expect(text != source)
    let assessor = try Samples.assessor()
    let chart = Chart(resources: [try Document(Array(text.utf8), syntax: .json).root], patientID: nil)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    for card in assessment.cards(channel: "i") {
      let detail = try #require(card.detail?.text)
      #expect(detail.contains("evil") && !detail.contains("https:") && !detail.contains("\u{202E}"))
      #expect(!detail.contains(/(^|[^\\])[\[\]<]/))
      #expect(card.violations.isEmpty)
    }
  }

  static let numbers: [(value: String, text: String)] = [
    (DecimalText.percent(0.3449), "34 %"), (DecimalText.percent(0.0349), "3.5 %"),
    (DecimalText.percent(0.0995), "10 %"),
    (DecimalText.percent(0.0994), "9.9 %"), (DecimalText.percent(0.0001), "< 0.1 %"),
    (DecimalText.percent(0.995), "> 99 %"), (DecimalText.measured(7.35), "7.35"), (DecimalText.measured(120), "120"),
    (DecimalText.measured(36.6667), "36.67"), (DecimalText.measured(0.21), "0.21"),
    (DecimalText.measured(-0.00001), "0"),
    (DecimalText.measured(12500.4), "12500"), (DecimalText.fixed(2.345, decimals: 2), "2.35"),
    (DecimalText.fixed(-0.5, decimals: 0), "-1"), (DecimalText.fixed(0.05, decimals: 1), "0.1"),
    (DecimalText.factor(0.667), "× 0.67"), (DecimalText.factor(12.34), "× 12.3"), (DecimalText.factor(123), "× 123"),
    (DecimalText.age(0.5), "30 min"), (DecimalText.age(5.4), "5 h"),
    (DecimalText.age(100), "4 days"), (DecimalText.unit("mm[Hg]"), "mmHg"), (DecimalText.unit("odd"), "odd"),
  ]

  @Test(arguments: numbers)
  func numbersReadTheSameEverywhere(_ value: String, _ text: String) {
    #expect(value == text)
  }

  @Test func whatWasLeftOutOfTheChartIsSaid() throws {
    let document = try Document(try Samples.bytes("FixturesFHIR/sparse.json"), syntax: .json)
    let nobodys = try Document(Array(#"{"resourceType":"Observation","id":"x","status":"final"}"#.utf8), syntax: .json)
    let chart = Chart(resources: [document.root, nobodys.root, nobodys.root], patientID: nil)
    let assessor = try Samples.assessor()
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    #expect(assessment.leftOut.map(\.code) == ["no-subject"])
    for card in assessment.cards(channel: "i") {
      #expect(
        card.detail?.text.contains("**Left out of the chart**: 1 × the resource does not say whose it is") == true)
    }
  }
}
