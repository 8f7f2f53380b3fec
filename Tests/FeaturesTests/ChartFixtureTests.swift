// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// What the reader makes of every chart in `FixturesFHIR`.
@Suite struct ChartFixtureTests {
  @Test func septicStayIsReadWhole() throws {
    let profile = try Fixture.prognosis.get()
    let timeline = try Fixture.timeline("septic-deterioration")
    #expect(timeline.ineligibility == [])
    #expect(timeline.origin == Instant("2026-03-10T13:20:00Z"))
    #expect(profile.fixed("age", in: timeline) == 67)
    #expect(profile.fixed("sex", in: timeline) == 0)
    #expect(profile.fixed("height", in: timeline) == 164)
    #expect(profile.fixed("unit-type", in: timeline) == 3)
    // Every 4 hours from 0 to 48; neither the emergency department's, nor the one in error, nor the planned one.
    #expect(
      profile.samples("heart-rate", in: timeline).map(\.hours) == stride(from: 0.0, through: 48, by: 4).map { $0 })
    #expect(profile.samples("map-invasive", in: timeline).count == 13)
    #expect(profile.samples("sbp-cuff", in: timeline).count == 5)
    #expect(
      profile.samples("urine-output", in: timeline).map(\.hours) == stride(from: 4.0, through: 48, by: 4).map { $0 })
    #expect(profile.values("fio2", in: timeline).first == 0.4)
    #expect(Set(profile.values("mechanical-ventilation", in: timeline)) == [1])
    // The corrected version of hour 44, not the preliminary one.
    #expect(profile.samples("creatinine", in: timeline).contains { $0.hours == 44 && $0.value == 3.7 })
    #expect(!profile.values("creatinine", in: timeline).contains(3.5))
    #expect(profile.samples("glucose", in: timeline).last.map { [$0.hours, $0.value] } == [48, 221])
    #expect(profile.values("troponin-t", in: timeline) == [])
    for (reason, count) in [
      Exclusion.status: 2, .absent: 1, .comparator: 1, .modifier: 1, .beforeAdmission: 5, .future: 0, .unit: 0,
    ] {
      #expect(timeline.count(reason) == count, "\(reason)")
    }
  }

  @Test func everySampleHasItsSource() throws {
    for name in Fixture.names {
      for profile in [Fixture.prognosis, Fixture.diagnosis] {
        let timeline = try Fixture.timeline(name, profile: profile)
        for sample in timeline.samples.joined() {
          let source = timeline.sources[Int(sample.source)]
          #expect(source.instant.hours(since: try #require(timeline.origin)) == sample.hours)
          #expect(source.resource.hasPrefix("Observation/"))
          if source.conversion == nil, let written = Double(source.value) { #expect(written == sample.value) }
        }
        #expect(timeline.samples.allSatisfy { zip($0, $0.dropFirst()).allSatisfy { $0.hours < $1.hours } })
      }
    }
  }

  @Test func clocksGoForward() throws {
    let profile = try Fixture.prognosis.get()
    let timeline = try Fixture.timeline("stable-postoperative")
    #expect(timeline.ineligibility == [])
    let hours = profile.samples("heart-rate", in: timeline).map(\.hours)
    #expect(hours == stride(from: 0.0, through: 48, by: 3).map { $0 })
    // Charted on the ward before the ICU: a height holds, a weight of then does not reach the stay's hours.
    #expect(profile.fixed("height", in: timeline) == 178)
    #expect(profile.fixed("unit-type", in: timeline) == 2)
    #expect(profile.values("body-weight", in: timeline) == [])
    #expect(
      try Fixture.diagnosis.get().fixed(
        "admission-delay",
        in: Fixture.timeline(
          "stable-postoperative", profile: Fixture.diagnosis)) == -30)
  }

  @Test func sparseStayIsEligible() throws {
    let profile = try Fixture.prognosis.get()
    let timeline = try Fixture.timeline("sparse")
    #expect(timeline.ineligibility == [])
    #expect(profile.fixed("age", in: timeline) == 80)
    #expect(profile.values("heart-rate", in: timeline) == [82, 88, 91, 87])
    #expect(profile.values("creatinine", in: timeline) == [1.1])
    #expect(profile.values("lactate", in: timeline) == [])
    #expect(profile.fixed("height", in: timeline)?.isNaN == true)
  }

  @Test func unitsConvertOrCountAsMissing() throws {
    let profile = try Fixture.prognosis.get()
    let timeline = try Fixture.timeline("wrong-units")
    #expect(timeline.ineligibility == [])
    func value(_ signal: String) -> Double { profile.values(signal, in: timeline).first ?? .nan }
    #expect(value("temperature") == 38)
    #expect(abs(value("body-weight") - 80.0137) < 1e-3)
    #expect(abs((profile.fixed("height", in: timeline) ?? .nan) - 178.054) < 1e-9)
    #expect(abs(value("creatinine") - 1.199072) < 1e-6)
    #expect(abs(value("bilirubin-total") - 0.993922) < 1e-6)
    #expect(abs(value("pao2") - 84.0069) < 1e-3)
    #expect(abs(value("paco2") - 39.7533) < 1e-3)
    #expect(abs(value("lactate") - 1.998268) < 1e-6)
    #expect(value("platelets") == 231)
    #expect(value("wbc") == 8.6)
    #expect(value("hematocrit") == 41)
    #expect(value("albumin") == 3.8)
    #expect(value("sodium") == 140)
    #expect(value("fio2") == 0.35)
    #expect(value("urine-output") == 120)
    // One of two glucoses of one minute stays; the fourth hour's values never do.
    #expect(profile.values("glucose", in: timeline).count == 1)
    #expect(profile.values("creatinine", in: timeline).count == 1)
    #expect(profile.values("potassium", in: timeline) == [])
    #expect(profile.values("magnesium", in: timeline) == [])
    #expect(profile.values("ph", in: timeline) == [])
    #expect(profile.samples("heart-rate", in: timeline).first?.hours == 8)
    let fahrenheit = try #require(timeline.sources.first { $0.unit == "[degF]" })
    #expect(fahrenheit.value == "100.4" && fahrenheit.conversion == "[degF] -> Cel")
    // Potassium in mm[Hg], bananas, glucose without unit, and two values without unit at hour 6; "C" and "bpm" are known
    // spellings. The unit text "Mg/dL" is a known spelling of mg/dL, the code is megagrams.
    for (reason, count) in [
      Exclusion.unit: 5, .contradictoryUnits: 2, .range: 3, .notANumber: 2, .comparator: 1, .conflict: 1,
    ] {
      #expect(
        timeline.count(reason) == count, "\(reason): \(timeline.ignored.filter { $0.reason == reason }.map(\.path))")
    }
  }

  @Test func foreignCodesAreNotGuessed() throws {
    let profile = try Fixture.prognosis.get()
    let timeline = try Fixture.timeline("foreign-codes")
    #expect(timeline.ineligibility == [])
    #expect(profile.values("creatinine", in: timeline) == [])
    #expect(profile.values("lactate", in: timeline) == [])
    #expect(profile.values("respiratory-rate", in: timeline) == [])
    // By SNOMED CT and IEEE 11073 alone: no value near 30, which stands under a local system's `8867-4`.
    #expect(profile.samples("heart-rate", in: timeline).count == 9)
    #expect(profile.values("heart-rate", in: timeline).allSatisfy { $0 > 80 })
    #expect(profile.samples("sao2", in: timeline).count == 9)
    #expect(timeline.count(.unmapped) == 45)
  }

  @Test(arguments: [("outpatient", "no-icu-stay"), ("child", "too-young"), ("early", "too-early")])
  func notAssessed(name: String, reason: String) throws {
    for profile in [Fixture.prognosis, Fixture.diagnosis] {
      let timeline = try Fixture.timeline(name, profile: profile)
      #expect(timeline.ineligibility.map(\.code) == [reason])
    }
  }

  /// Both syntaxes give the same features, bit for bit, and the same record of them.
  @Test(arguments: Fixture.names)
  func twinsAgree(name: String) throws {
    for profile in [Fixture.prognosis, Fixture.diagnosis] {
      let json = try Fixture.timeline(name, .json, profile: profile)
      let xml = try Fixture.timeline(name, .xml, profile: profile)
      #expect(json.fingerprint == xml.fingerprint)
      #expect(json.ignored.map { "\($0.path) \($0.reason)" } == xml.ignored.map { "\($0.path) \($0.reason)" })
    }
  }

  @Test(
    arguments: zip(
      ["septic", "stable", "sparse", "wrong-units", "foreign-codes", "outpatient", "child", "early"], Fixture.names))
  func prefetchGivesTheSame(hook: String, name: String) throws {
    let request = try Document(Fixture.bytes("FixturesFHIR/hooks/patient-view-\(hook).json"), syntax: .json).root
    let resources = try #require(request["prefetch"]).children.map { $0 }
    let chart = Chart(resources: resources, patientID: request["context"]?["patientId"]?.text)
    let timeline = try Fixture.prognosis.get().timeline(
      of: chart, at: Fixture.end(of: name), terminology: Fixture.terminology.get())
    #expect(timeline.fingerprint == (try Fixture.timeline(name).fingerprint))
  }
}
