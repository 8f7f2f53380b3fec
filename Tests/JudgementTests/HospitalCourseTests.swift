// SPDX-License-Identifier: Apache-2.0
import FHIR
import Judgement
import Testing
import Training

/// What a chart itself says became of a patient (docs/labels.md).
@Suite struct HospitalCourseTests {
  private static let admission = Instant("2026-03-01T00:00:00Z")

  private func course(
    _ patient: String = "", end: String? = "2026-03-10T12:00:00Z", disposition: String = "", _ conditions: [String] = []
  ) throws -> HospitalCourse {
    let ended = end.map { ", \"end\": \"\($0)\"" } ?? ""
    let chart = try Samples.chart(
      [
        "{\"resourceType\": \"Patient\", \"id\": \"p\"\(patient)}",
        "{\"resourceType\": \"Encounter\", \"id\": \"e\", \"status\": \"finished\", \"subject\": {\"reference\": \"Patient/p\"}, "
          + "\"period\": {\"start\": \"2026-02-28T00:00:00Z\"\(ended)}\(disposition)}",
      ]
        + conditions.enumerated().map {
          "{\"resourceType\": \"Condition\", \"id\": \"c\($0)\", \"subject\": {\"reference\": \"Patient/p\"}, \($1)}"
        })
    return HospitalCourse(chart, admission: try #require(Self.admission))
  }

  @Test func deathIsOfTheHospitalStay() throws {
    #expect(try course().hospital?.died == false)
    #expect(try course(end: nil).hospital == nil)
    let during = try course(", \"deceasedDateTime\": \"2026-03-04T12:00:00Z\"").hospital
    #expect(during?.died == true && during?.survivalDays == 3.5)
    #expect(try course(", \"deceasedDateTime\": \"2026-03-10\"").hospital?.died == true)
    let after = try course(", \"deceasedDateTime\": \"2026-04-10\"").hospital
    #expect(after?.died == false && after?.survivalDays == 40)
    #expect(try course(", \"deceasedBoolean\": true").hospital == nil)
    #expect(try course(", \"deceasedBoolean\": false").hospital?.died == false)
    let code =
      "\"coding\": [{\"system\": \"http://terminology.hl7.org/CodeSystem/discharge-disposition\", \"code\": \"exp\"}]"
    let expired = ", \"hospitalization\": {\"dischargeDisposition\": {\(code)}}"
    #expect(try course(disposition: expired).hospital?.died == true)
    #expect(try course(end: nil, disposition: expired).hospital?.died == true)
  }

  @Test func sepsisIsWhatIsCodedForTheStay() throws {
    func code(_ system: String, _ code: String) -> String {
      "\"code\": {\"coding\": [{\"system\": \"\(system)\", \"code\": \"\(code)\"}]}"
    }
    let ofStay = ", \"encounter\": {\"reference\": \"Encounter/e\"}"
    let snomed = code("http://snomed.info/sct", "91302008")
    #expect(try course().sepsisOnset == nil)
    let other = try course([code("http://hl7.org/fhir/sid/icd-10-cm", "I10") + ofStay])
    #expect(other.sepsisOnset == .some(nil) && !other.hasUntimedSepsis)
    let timed = try course([snomed + ", \"onsetDateTime\": \"2026-03-02T06:00:00Z\""])
    #expect(timed.sepsisOnset == .some(30))
    for icd in [
      code("http://hl7.org/fhir/sid/icd-10-cm", "A41.9"),
      code("http://mimic.mit.edu/CodeSystem/mimic-diagnosis-icd10", "R6521"),
      code("http://hl7.org/fhir/sid/icd-9-cm", "995.91"),
    ] {
      let untimed = try course([icd + ofStay])
      #expect(untimed.hasUntimedSepsis && untimed.sepsisOnset == nil)
    }
    let refuted =
      snomed + ofStay + ", \"verificationStatus\": {\"coding\": [{\"code\": \"refuted\"}]}"
    #expect(try course([refuted]).sepsisOnset == nil)
    let elsewhere = snomed + ", \"onsetDateTime\": \"2025-03-02T06:00:00Z\""
    #expect(try course([elsewhere]).sepsisOnset == nil)
  }
}

extension HospitalCourseTests {
  private func course(_ conditions: [String]) throws -> HospitalCourse { try course("", conditions) }
}
