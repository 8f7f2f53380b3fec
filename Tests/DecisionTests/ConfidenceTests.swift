// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Features
import Foundation
import Networks
import Testing

@Suite struct ConfidenceTests {
  static func predictor(_ probability: Double, coverage: Double = 0.9) throws -> (OutcomePredictor, logits: [Double]) {
    let package = try Samples.package(.diagnosis)
    // p = sigmoid(0.9·z − 0.1)
    let logit = (Foundation.log(probability / (1 - probability)) + 0.1) / 0.9
    return (package.primary, [logit, logit])
  }

  static let sets: [(probability: Double, groups: [String], yes: Bool, no: Bool)] = [
    (0.19, [], false, true), (0.21, [], true, true), (0.59, [], true, true), (0.61, [], true, false),
    (0.21, ["sex:female"], false, true), (0.31, ["sex:female", "age:50-64"], true, true),
    (0.21, ["sex:male"], true, true),
  ]

  @Test(arguments: sets)
  func aSetSaysWhatIsLeftOpen(_ probability: Double, _ groups: [String], _ yes: Bool, _ no: Bool) throws {
    let (predictor, logits) = try Self.predictor(probability)
    let risk = predictor.risk(logits, groups: groups)
    #expect(abs(risk.probability - probability) < 1e-12)
    #expect(risk.predictionSet.yes == yes && risk.predictionSet.no == no && risk.predictionSet.coverage == 0.9)
    let text = risk.predictionSet.text
    #expect(
      text.hasPrefix(
        yes && no ? "The evidence does not settle it" : yes ? "The evidence speaks for" : "The evidence speaks against")
    )
    #expect(text.contains(" at most 10 in 100 ") == (yes != no))
  }

  @Test func theSetStandsOnTheCardInTheResourceAndInTheRecord() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("septic-deterioration")
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let set = try #require(assessment.findings[0].risk?.predictionSet)
    #expect(assessment.cards(channel: "i")[0].detail?.text.contains(set.text) == true)
    #expect(String(decoding: assessment.riskAssessments[0].encoded(), as: UTF8.self).contains(set.text))
    #expect(assessment.models[0].groups.contains { $0.hasPrefix("age:") })
    let record = String(decoding: assessment.record.encoded(), as: UTF8.self)
    #expect(record.contains(#""predictionSet":{"coverage":0.9,"yes":\#(set.yes),"no":\#(set.no)}"#))
    #expect(record.contains(#""unlikeness":{"score":"#) && record.contains(#""groups":["#))
  }

  /// A chart whose values are far from all that the networks learned from, though each of them is possible.
  static func unlikeChart() throws -> Chart {
    let text = String(decoding: try Samples.bytes("FixturesFHIR/stable-postoperative.json"), as: UTF8.self)
    // Heart rates of about eighty become three hundred.
    let changed = text.replacing(/("8867-4".*?"valueQuantity":\s*\{"value":\s*)[0-9.]+/) { "\($0.1)290" }
    #expect(changed != text)
    return Chart(resources: [try Document(Array(changed.utf8), syntax: .json).root], patientID: nil)
  }

  @Test func aChartUnlikeTheTrainingPatientsIsNotAssessed() throws {
    let like = try Samples.chart("stable-postoperative")
    let instant = Samples.instant(like, try Samples.assessor())
    let scores = try Samples.assessor().predict(like, at: instant).models.compactMap(\.unlikeness?.score)
    let packages = try zip(ModelManifest.Kind.allCases, scores).map { kind, score in
      try Samples.package(kind, alarm: 1.2 * score)
    }
    let assessor = Assessor(packages: packages, terminology: try Samples.assessor().terminology)
    let usual = assessor.assess(like, at: instant)
    #expect(usual.models.allSatisfy { $0.unlikeness?.isAlarm == false && $0.findings[0].risk != nil })
    #expect(usual.cards(channel: "i")[0].detail?.text.contains("**Likeness to the training patients**") == true)
    let unusual = assessor.assess(try Self.unlikeChart(), at: instant)
    for model in unusual.models {
      #expect(model.unlikeness?.isAlarm == true && model.unlikeness?.signals.contains("Heart rate") == true)
      for finding in model.findings {
        guard case .notAssessed(let reasons) = finding.conclusion else { return #expect(Bool(false), "assessed") }
        #expect(reasons.map(\.code) == ["out-of-distribution"])
        // What was held back is on record.
        #expect(finding.memberLogits.count == 3 && finding.explanation == nil && finding.survival == nil)
      }
    }
    let card = unusual.cards(channel: "i")[0]
    #expect(card.summary.contains("not assessed, because its values are unlike those of the patients"))
    #expect(card.detail?.text.contains("Heart rate") == true && card.indicator == .info)
  }

  @Test func eachMissingSignalSaysWhatItCouldChange() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("sparse")
    let model = assessor.assess(chart, at: Samples.instant(chart, assessor)).models[0]
    let explanation = try #require(model.findings[0].explanation)
    let known = Set(explanation.plausibleRanges.map(\.title))
    #expect(known.contains("Lactate") && known.contains("Respiratory rate") && !known.contains("Heart rate"))
    #expect(known.isSubset(of: model.missing))
    let lactate = try #require(explanation.plausibleRanges.first { $0.title == "Lactate" })
    #expect(lactate.unit == "mmol/L" && lactate.low.value < lactate.high.value)
    #expect(lactate.low.probability != lactate.high.probability)
    // One signal measured in fact, at either end, gives what was foretold.
    let package = assessor.packages[0]
    let hour = try #require(model.hour)
    for range in explanation.plausibleRanges {
      let place = try #require(package.profile.signals.firstIndex { $0.title == range.title })
      guard package.profile.signals[place].category != .fluid else { continue }
      for end in [range.low, range.high] {
        var timeline = model.timeline
        timeline.samples[place] = [Sample(hours: hour, value: end.value)]
        let input = package.encoder.encode(package.profile.vector(timeline, atHour: hour))
        let expected = package.primary.probability(package.ensemble.logits(Matrix(row: input)))
        #expect(end.probability == expected, "\(range.title)")
      }
    }
  }

  @Test func aMissingRangeStandsInTheTableOrAmongTheRest() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("sparse")
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let text = try #require(assessment.cards(channel: "i")[0].detail?.text)
    for title in assessment.models[0].missing { #expect(text.contains(title), "\(title)") }
  }

  /// Pressures are measured by cuff or by arterial line: where one is, the other is not missing.
  @Test func whatIsMeasuredInAnotherWayIsNotMissing() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("sparse")
    let missing = assessor.assess(chart, at: Samples.instant(chart, assessor)).models[1].missing
    #expect(!missing.contains { $0.hasPrefix("Systolic") || $0.hasPrefix("Diastolic") })
    #expect(missing.contains("Mean arterial pressure"))
  }
}

extension ConfidenceTests {
  static let states: [(chart: String, criterion: Criterion, code: String?)] = [
    ("septic-deterioration", .acuteKidneyInjury, "already-present"),
    ("septic-deterioration", .circulatoryFailure, "already-present"),
    ("sparse", .hyperkalaemia, nil), ("sparse", .severeHypoglycaemia, "state-unknown"),
  ]

  @Test(arguments: states)
  func whoIsInTheStateAlreadyIsNotAssessedForItsOnset(
    _ name: String, _ criterion: Criterion, _ code: String?
  ) throws {
    let package = try Samples.package(.diagnosis) { $0.outcomes[1].excludes = criterion }
    let assessor = Assessor(packages: [package], terminology: try Samples.assessor().terminology)
    let chart = try Samples.chart(name)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    #expect(assessment.findings[0].risk != nil)
    switch assessment.findings[1].conclusion {
    case .assessed: #expect(code == nil)
    case .notAssessed(let reasons):
      #expect(reasons.map(\.code) == [code])
      let detail = try #require(assessment.cards(channel: "i")[0].detail?.text)
      #expect(detail.contains("| Risk of acute kidney injury within 24 h | not assessed: \(reasons[0].text) |"))
    }
  }

  /// Respiratory failure is labelled in the first day of a stay only, while sepsis is for two weeks.
  @Test(arguments: [(0.5, "too-late"), (300, nil)] as [(Double, String?)])
  func pastItsLastHourAnOutcomeIsNotAssessed(_ lastHour: Double, _ code: String?) throws {
    let package = try Samples.package(.diagnosis) {
      $0.outcomes[1].excludes = nil
      $0.outcomes[1].lastHour = lastHour
    }
    let assessor = Assessor(packages: [package], terminology: try Samples.assessor().terminology)
    let chart = try Samples.chart("sparse")
    let findings = assessor.assess(chart, at: Samples.instant(chart, assessor)).findings
    #expect(findings[0].risk != nil)
    switch findings[1].conclusion {
    case .assessed: #expect(code == nil)
    case .notAssessed(let reasons): #expect(reasons.map(\.code) == [code])
    }
  }
}
