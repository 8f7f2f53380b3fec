// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// Which Observations become values, one rule at a time.
@Suite struct ObservationTests {
  private func heartRate(_ change: (inout TestChart) -> Void) throws -> (values: [Double], reasons: [Exclusion]) {
    var chart = TestChart()
    change(&chart)
    let timeline = try chart.timeline()
    return (try Fixture.diagnosis.get().values("heart-rate", in: timeline), timeline.ignored.map(\.reason))
  }

  private static let beats = TestChart.quantity("80", "/min")

  @Test(arguments: [
    ("final", true), ("preliminary", true), ("amended", true), ("corrected", true), ("registered", false),
    ("cancelled", false), ("entered-in-error", false), ("unknown", false), ("Final", false), ("", false),
  ])
  func status(status: String, used: Bool) throws {
    let found = try heartRate { $0.add("8867-4", Self.beats, status: status) }
    #expect(found.values == (used ? [80] : []))
    #expect(found.reasons == (used ? [] : [.status]))
  }

  @Test(
    arguments: [
      (#""effectiveDateTime":"2026-03-01T01:00:00Z""#, [1.0], nil),
      (#""effectiveDateTime":"2026-03-01T01:30:00+01:00""#, [0.5], nil),
      (#""effectiveDateTime":"2026-02-28T19:00:00-08:00""#, [3], nil),
      (#""effectiveInstant":"2026-03-01T02:00:00.500Z""#, [2 + 0.5 / 3600], nil),
      (#""effectivePeriod":{"start":"2026-03-01T01:00:00Z","end":"2026-03-01T02:00:00Z"}"#, [2], nil),
      (#""effectivePeriod":{"start":"2026-03-01T01:00:00Z"}"#, [1], nil),
      (#""effectivePeriod":{"start":"2026-03-01T05:00:00Z","end":"2026-03-01T07:00:00Z"}"#, [], .future),
      (#""effectiveTiming":{"event":["2026-03-01T04:00:00Z","2026-03-01T03:00:00Z"]}"#, [4], nil),
      (#""issued":"2026-03-01T03:00:00Z""#, [3], nil),
      (#""effectiveDateTime":"2026-03-01T06:00:00Z""#, [6], nil),
      (#""effectiveDateTime":"2026-03-01T06:00:00.001Z""#, [], .future),
      (#""effectiveDateTime":"2026-03-01T00:00:00Z""#, [0], nil),
      (#""effectiveDateTime":"2026-02-28T23:59:59Z""#, [], .beforeAdmission),
      (#""effectiveDateTime":"2026-03-01""#, [], .impreciseTime),
      (#""effectiveDateTime":"2026""#, [], .impreciseTime),
      (#""effectiveDateTime":"2026-03-01T01:00:00""#, [], .invalidTime),
      (#""effectiveDateTime":"yesterday","issued":"2026-03-01T03:00:00Z""#, [], .invalidTime),
      ("", [], .noTime),
    ] as [(String, [Double], Exclusion?)])
  func time(time: String, hours: [Double], reason: Exclusion?) throws {
    var chart = TestChart()
    chart.add("8867-4", Self.beats, at: time)
    let timeline = try chart.timeline()
    #expect(try Fixture.diagnosis.get().samples("heart-rate", in: timeline).map(\.hours) == hours)
    #expect(timeline.ignored.map(\.reason) == (reason.map { [$0] } ?? []))
  }

  @Test(
    arguments: [
      (TestChart.quantity("80", "/min"), [80.0], nil),
      (TestChart.quantity("80.0", "{beats}/min"), [80], nil),
      (TestChart.quantity("1.5", "/s"), [90], nil),
      (TestChart.quantity("80", "mm[Hg]"), [], .unit),
      (TestChart.quantity("80", "BPM"), [80], nil),
      (TestChart.quantity("80", "bananas"), [], .unit),
      (#""valueQuantity":{"value":80,"unit":"bananas"}"#, [], .unit),
      (#""valueQuantity":{"value":80,"unit":"beats/min"}"#, [80], nil),
      (#""valueQuantity":{"value":80}"#, [], .unit),
      (
        #""valueQuantity":{"value":80,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"/min"}"#, [],
        .contradictoryUnits
      ),
      (#""valueQuantity":{"value":80,"unit":"bpm","system":"http://unitsofmeasure.org","code":"/min"}"#, [80], nil),
      (#""valueQuantity":{"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}"#, [], .notANumber),
      (
        #""valueQuantity":{"value":80,"comparator":"<","system":"http://unitsofmeasure.org","code":"/min"}"#, [],
        .comparator
      ),
      (#""valueQuantity":{"value":1e999,"system":"http://unitsofmeasure.org","code":"/min"}"#, [], .notANumber),
      (TestChart.quantity("9.999", "/min"), [], .range),
      (TestChart.quantity("10", "/min"), [10], nil),
      (TestChart.quantity("300", "/min"), [300], nil),
      (TestChart.quantity("-80", "/min"), [], .range),
      (#""valueInteger":80"#, [], .unit),
      (#""valueString":"80""#, [], .unit),
      (#""valueString":"eighty""#, [], .notANumber),
      (#""valueCodeableConcept":{"text":"80"}"#, [], .notANumber),
      (#""valueRange":{"low":{"value":80}}"#, [], .notANumber),
      (#""dataAbsentReason":{"text":"x"}"#, [], .absent),
      (TestChart.quantity("80", "/min") + #","dataAbsentReason":{"text":"x"}"#, [], .absent),
      ("", [], .noValue),
      (TestChart.quantity("80", "/min") + #","modifierExtension":[{"url":"http://a.example"}]"#, [], .modifier),
      (TestChart.quantity("80", "/min") + #","implicitRules":"http://a.example""#, [], .modifier),
    ] as [(String, [Double], Exclusion?)])
  func value(value: String, expected: [Double], reason: Exclusion?) throws {
    let found = try heartRate { $0.add("8867-4", value) }
    #expect(found.values == expected)
    #expect(found.reasons == (reason.map { [$0] } ?? []))
  }

  @Test func scoresNeedNoUnit() throws {
    let profile = try Fixture.prognosis.get()
    for value in [
      #""valueInteger":13"#, #""valueString":"13""#, TestChart.quantity("13", "{score}"),
      TestChart.quantity("13", "1"), #""valueQuantity":{"value":13}"#,
    ] {
      var chart = TestChart()
      chart.add("9269-2", value)
      #expect(profile.values("gcs", in: try chart.timeline(profile: Fixture.prognosis)) == [13], "\(value)")
    }
  }

  @Test func panelsAreReadByComponent() throws {
    let profile = try Fixture.diagnosis.get()
    func component(_ code: String, _ value: String, _ more: String = "") -> String {
      #"{"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]},\#(value)\#(more)}"#
    }
    let parts = [
      component("8480-6", TestChart.quantity("120", "mm[Hg]")),
      component("8462-4", TestChart.quantity("9.3", "kPa")),
      component("8478-0", TestChart.quantity("90", "mm[Hg]"), #","modifierExtension":[{"url":"http://a.example"}]"#),
      component("8867-4", #""dataAbsentReason":{"text":"x"}"#),
      component("0-0", TestChart.quantity("1", "1")),
    ]
    var chart = TestChart()
    chart.add("85354-9", "", more: #""component":[\#(parts.joined(separator: ","))]"#)
    let timeline = try chart.timeline()
    #expect(profile.values("sbp", in: timeline) == [120])
    #expect(abs((profile.values("dbp", in: timeline).first ?? 0) - 69.7557) < 1e-3)
    #expect(
      timeline.ignored.map { "\($0.path) \($0.reason.rawValue)" } == [
        "Bundle.entry[3].resource.component[2] modifier", "Bundle.entry[3].resource.component[3] absent",
      ])
  }

  @Test func codesThatContradictAreNotBelieved() throws {
    let coding = { (code: String) in #"{"system":"http://loinc.org","code":"\#(code)"}"# }
    func reasons(_ first: String, _ second: String) throws -> [Exclusion] {
      var chart = TestChart()
      let one = TestChart.observation("X", Self.beats)
      chart.observations = [
        one.replacing(coding("X"), with: coding(first) + "," + coding(second))
      ]
      return try chart.timeline().ignored.map(\.reason)
    }
    #expect(try reasons("8867-4", "9279-1") == [.contradictoryCodes])
    #expect(try reasons("0-0", "8867-4") == [])
    #expect(try reasons("0-0", "1-1") == [.unmapped])
  }
}
