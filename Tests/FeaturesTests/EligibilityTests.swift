// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// Who is assessed, and which stay is meant.
@Suite struct EligibilityTests {
  private static func reasons(_ change: (inout TestChart) -> Void, at text: String = "2026-03-01T06:00:00Z") throws
    -> [String]
  {
    var chart = TestChart()
    chart.add("8867-4", TestChart.quantity("80", "/min"), at: #""effectiveDateTime":"\#(text)""#)
    change(&chart)
    return try chart.timeline(at: text).ineligibility.map(\.code)
  }

  private static func patient(_ members: String) -> String { #"{"resourceType":"Patient","id":"p",\#(members)}"# }

  @Test(
    arguments: [
      // Admission is on 2026-03-01: 18 on that day, 18 on the next, and birth dates that leave it open.
      ("2008-03-01", []), ("2008-03-02", ["too-young"]), ("2007-12", []), ("2008-03", ["age-unknown"]),
      ("2008-02", []), ("2008-04", ["too-young"]), ("2007", []), ("2008", ["age-unknown"]), ("2009", ["too-young"]),
      ("2030-01-01", ["age-unknown"]), ("20080301", ["age-unknown"]), ("1908-02-29", []),
    ] as [(String, [String])])
  func ageAtAdmission(birthDate: String, expected: [String]) throws {
    let found = try Self.reasons { $0.patient = Self.patient(#""birthDate":"\#(birthDate)""#) }
    #expect(found == expected)
  }

  @Test func ageFollowsTheCalendarOfTheWard() throws {
    // 19:30 on 28 February in Chicago, already March by UTC: not yet 18.
    let found = try Self.reasons {
      $0.patient = Self.patient(#""birthDate":"2008-03-01""#)
      $0.encounters = [TestChart.stay(#""start":"2026-02-28T19:30:00-06:00""#)]
    }
    #expect(found == ["too-young"])
  }

  @Test func patientMissingOrDead() throws {
    #expect(try Self.reasons { $0.patient = "" } == ["no-patient"])
    #expect(try Self.reasons { $0.patient = Self.patient(#""gender":"male""#) } == ["age-unknown"])
    let born = #""birthDate":"1960-01-01""#
    #expect(try Self.reasons { $0.patient = Self.patient(born + #","deceasedBoolean":false"#) } == [])
    #expect(try Self.reasons { $0.patient = Self.patient(born + #","deceasedBoolean":true"#) } == ["deceased"])
    #expect(
      try Self.reasons { $0.patient = Self.patient(born + #","deceasedDateTime":"2026-03-01T05:00:00Z""#) }
        == ["deceased"])
    #expect(try Self.reasons { $0.patient = Self.patient(born + #","deceasedDateTime":"2026-04""#) } == [])
  }

  @Test func staysThatCount() throws {
    func stays(_ encounters: String..., at text: String = "2026-03-01T06:00:00Z") throws -> [String] {
      try Self.reasons({ $0.encounters = encounters }, at: text)
    }
    let start = #""start":"2026-03-01T00:00:00Z""#
    #expect(try stays() == ["no-icu-stay"])
    for status in ["planned", "cancelled", "entered-in-error", "unknown"] {
      #expect(try stays(TestChart.stay(start, status: status)) == ["no-icu-stay"])
    }
    for status in ["arrived", "in-progress", "onleave", "finished", "completed"] {
      #expect(try stays(TestChart.stay(start, status: status)) == [])
    }
    #expect(try stays(TestChart.stay(#""start":"2026-03-01""#)) == ["icu-start-unknown"])
    #expect(try stays(TestChart.stay(#""end":"2026-03-02T00:00:00Z""#)) == ["icu-start-unknown"])
    #expect(try stays(TestChart.stay(#""start":"2026-03-01T07:00:00Z""#)) == ["before-icu-stay"])
    #expect(try stays(TestChart.stay(start + #","end":"2026-03-01T05:00:00Z""#)) == ["icu-stay-ended", "no-values"])
    #expect(try stays(TestChart.stay(start + #","end":"2026-03-01T06:00:00Z""#)) == [])
    // A period long over, without a start, does not hide the present one.
    #expect(
      try stays(TestChart.stay(#""end":"2025-03-02T00:00:00Z""#, id: "old"), TestChart.stay(start)) == [])
    #expect(
      try stays(TestChart.stay(#""end":"2026-03-01T04:00:00Z""#, id: "old"), TestChart.stay(start))
        == ["icu-start-unknown"])
  }

  @Test func transfersContinueTheStay() throws {
    func origin(_ periods: String...) throws -> Instant? {
      var chart = TestChart()
      chart.encounters = periods.enumerated().map { TestChart.stay($0.element, id: "e\($0.offset)") }
      return try chart.timeline(at: "2026-03-03T00:00:00Z").origin
    }
    let first = #""start":"2026-03-01T00:00:00Z","end":"2026-03-02T00:00:00Z""#
    let early = Instant("2026-03-01T00:00:00Z")
    #expect(try origin(first, #""start":"2026-03-02T00:00:00Z""#) == early)
    #expect(try origin(#""start":"2026-03-02T06:00:00Z""#, first) == early)  // six hours in theatre; any order
    #expect(try origin(first, #""start":"2026-03-02T06:00:01Z""#) == Instant("2026-03-02T06:00:01Z"))
    #expect(try origin(first, #""start":"2026-03-04T00:00:00Z""#) == early)  // what comes later does not count yet
    // A short period inside a long one does not end it.
    #expect(
      try origin(
        #""start":"2026-03-01T00:00:00Z""#, #""start":"2026-03-01T02:00:00Z","end":"2026-03-01T03:00:00Z""#) == early)
  }

  @Test func namesAndDisplaysAreNotCodes() throws {
    let named =
      #"{"resourceType":"Encounter","id":"e","status":"in-progress",\#(TestChart.subject),"#
      + #""class":{"code":"IMP","display":"ICU"},"type":[{"text":"Intensive care"}],"#
      + #""location":[{"location":{"display":"Medical Intensive Care Unit"},"period":{"start":"2026-03-01T00:00:00Z"}}]}"#
    #expect(try Self.reasons { $0.encounters = [named] } == ["no-icu-stay"])
  }

  @Test func encountersOfOtherReleases() throws {
    // R5: class repeats CodeableConcepts, the period is actualPeriod; a service type coded as intensive care.
    let coding = #"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"ICU"}]}"#
    let encounter =
      #"{"resourceType":"Encounter","id":"e","status":"in-progress",\#(TestChart.subject),"#
      + #""class":[\#(coding)],"actualPeriod":{"start":"2026-03-01T00:00:00Z"}}"#
    #expect(try Self.reasons { $0.encounters = [encounter] } == [])
  }

  @Test func hoursOfTheProfile() throws {
    #expect(try Self.reasons({ _ in }, at: "2026-03-01T03:59:59Z") == ["too-early"])
    #expect(try Self.reasons({ _ in }, at: "2026-03-01T04:00:00Z") == [])
    #expect(try Self.reasons({ _ in }, at: "2026-03-15T00:00:00Z") == [])
    #expect(try Self.reasons({ _ in }, at: "2026-03-15T00:00:01Z") == ["too-late"])
  }

  @Test func oldDataAreSaidToBeOld() throws {
    #expect(try Self.reasons { $0.observations = [] } == ["no-values"])
    var chart = TestChart()
    chart.add("8867-4", TestChart.quantity("80", "/min"), at: #""effectiveDateTime":"2026-03-01T01:00:00Z""#)
    chart.add("2524-7", TestChart.quantity("2", "mmol/L"), at: #""effectiveDateTime":"2026-03-01T02:00:00Z""#)
    let profile = try Fixture.diagnosis.get()
    let soon = try chart.timeline(at: "2026-03-01T05:00:00Z")
    #expect(profile.staleSignals(in: soon, atHour: 5) == [])
    let later = try chart.timeline(at: "2026-03-01T06:00:00Z")
    #expect(profile.staleSignals(in: later, atHour: 6).map { profile.signals[$0.signal].id } == ["heart-rate"])
    #expect(profile.staleSignals(in: later, atHour: 6).first?.age == 5)
    #expect(later.ineligibility == [])
    let days = try chart.timeline(at: "2026-03-05T02:00:00Z")
    #expect(days.ineligibility == [.allStale(hours: 96)])
    #expect(days.ineligibility.first?.text == "nothing was measured in the last 4 days")
  }
}
