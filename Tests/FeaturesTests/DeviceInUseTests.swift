// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// Whether a device is in use, by what was charted of it.
@Suite struct DeviceInUseTests {
  @Test(
    arguments: [
      (#""valueBoolean":true"#, 1.0), (#""valueBoolean":false"#, 0), (#""valueInteger":0"#, 0),
      (TestChart.quantity("0", "1"), 0), (TestChart.quantity("0", "cm[H2O]"), 1),
      (TestChart.quantity("5", "cm[H2O]"), 1),
      (#""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"373067005"}]}"#, 0),
      (#""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"243147009"}]}"#, 1),
    ] as [(String, Double)])
  func qualitativeAnswersAreUnderstood(value: String, expected: Double) throws {
    var chart = TestChart()
    chart.add("20124-4", value)
    let timeline = try chart.timeline()
    #expect(try Fixture.diagnosis.get().values("mechanical-ventilation", in: timeline) == [expected])
  }

  @Test(
    arguments: [
      #""valueString":"none""#, #""valueString":"Standby""#, #""valueString":"CMV/ASSIST""#,
      #""valueCodeableConcept":{"text":"Not ventilated"}"#, #""valueCodeableConcept":{"coding":[]}"#,
      #""valueRange":{"low":{"value":1}}"#,
    ])
  func wordsAreNotGuessedAt(value: String) throws {
    var chart = TestChart()
    chart.add("20124-4", value)
    let timeline = try chart.timeline()
    #expect(try Fixture.diagnosis.get().values("mechanical-ventilation", in: timeline).isEmpty)
    #expect(timeline.ignored.map(\.reason) == [.notANumber])
  }
}
