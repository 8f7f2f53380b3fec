// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Networks
import Testing

/// What is kept of calibration and thresholds is what made the statements of the logits beside it.
@Suite struct ThresholdsTests {
  private func number(_ node: Node?) -> Double? { node?.text.flatMap { Double($0) } }

  @Test(arguments: ["septic", "stable", "sparse"]) func whatIsStatedFollowsFromThem(_ name: String) throws {
    let assessor = try HookAnswerTests.assessor()
    let call = try HookCall(
      try Samples.bytes("FixturesFHIR/hooks/patient-view-\(name).json"), service: "patient-risk", in: assessor.services)
    let answer = try assessor.answer(call, at: Instant(milliseconds: 1_773_321_600_000))
    let outputs = try Document(answer.outputs, syntax: .json).root
    let thresholds = try Document(answer.thresholds, syntax: .json).root
    var stated = 0
    for (model, said) in zip(thresholds.children, outputs.elements("models")) {
      #expect(model["model"]?.string == said["model"]?.string && model["package"]?.string == said["package"]?.string)
      #expect(number(model["unlikenessAlarm"]) == number(said["unlikeness"]?["alarm"]) || said["unlikeness"] == nil)
      for (outcome, finding) in zip(model.elements("outcomes"), said.elements("findings")) {
        #expect(outcome["outcome"]?.string == finding["outcome"]?.string)
        guard let probability = number(finding["probability"]) else { continue }
        stated += 1
        let calibration = PlattScaling(
          slope: try #require(number(outcome["calibration"]?["slope"])),
          intercept: try #require(number(outcome["calibration"]?["intercept"])),
          floor: try #require(number(outcome["calibration"]?["floor"])))
        let logits = finding.elements("memberLogits").compactMap { number($0) }
        #expect(calibration.probability(logits.reduce(0, +) / Double(logits.count)) == probability)
        let band = outcome.elements("bands").filter { number($0["from"]) ?? 1 <= probability }.last
        #expect(band?["band"]?.string == finding["band"]?.string)
        let conformal = try #require(outcome["conformal"])
        #expect(number(conformal["coverage"]) == number(finding["predictionSet"]?["coverage"]))
        let logOdds = Elementary.log(probability) - Elementary.log(1 - probability)
        let yes = number(conformal["yesFromLogOdds"]).map { logOdds >= $0 } ?? true
        let no = number(conformal["noUpToLogOdds"]).map { logOdds <= $0 } ?? true
        #expect(finding["predictionSet"]?["yes"]?.text == "\(yes)" && finding["predictionSet"]?["no"]?.text == "\(no)")
      }
    }
    #expect(stated > 1 || name != "septic")
    // Of an answer that does not hold them they are the same.
    #expect(assessor.thresholds(outputs: answer.outputs).encoded() == answer.thresholds)
  }
}
