// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Testing

@Suite struct HookChartTests {
  static func call(_ prefetch: String, more: String = "") throws -> HookCall {
    try call(
      Array(
        """
        {"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",\
        "context":{"userId":"Practitioner/1","patientId":"p"},"prefetch":\(prefetch)\(more)}
        """.utf8))
  }

  static func call(_ bytes: [UInt8], reading: HookRequest.Reading = .tolerant) throws -> HookCall {
    try HookCall(bytes, service: "patient-risk", in: try Samples.assessor().services, reading: reading)
  }

  static let patient = #"{"resourceType":"Patient","id":"p"}"#

  static let none = #""vital-signs":null,"laboratory":null,"other-observations":null,"body-measures":null"#

  static let judged: [(prefetch: String, code: CDSHooksError.Code?)] = [
    (#"{"patient":\#(patient),"encounters":null,\#(none)}"#, nil),
    // A read that gave nothing is no reason to say nothing: the card will say what is missing.
    (#"{"patient":null,"encounters":null,\#(none)}"#, nil),
    (#"{"patient":\#(patient),\#(none)}"#, .missingData),
    (#"{"patient":\#(patient),"encounters":null,"laboratory":null,"vital-signs":null}"#, .missingData),
    (
      #"{"patient":\#(patient),"encounters":{"resourceType":"OperationOutcome"},\#(none)}"#, .missingData
    ),
    ("{}", .missingData),
    (
      """
      {"chart":{"resourceType":"Bundle","type":"collection","entry":[{"resource":\(patient)},{"resource":\
      {"resourceType":"Encounter","subject":{"reference":"Patient/p"}}},{"resource":{"resourceType":"Observation",\
      "subject":{"reference":"Patient/p"}}}]}}
      """, nil
    ),
    (#"{"patient":{"resourceType":"Patient","id":"q"},"encounters":null,\#(none)}"#, .wrongPatient),
    (
      """
      {"patient":\(patient),"encounters":null,\(none),"mine":{"resourceType":"Bundle","type":"searchset","entry":\
      [{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/q"}}}]}}
      """, .wrongPatient
    ),
    (
      """
      {"patient":\(patient),"encounters":null,\(none),"mine":{"resourceType":"Bundle","type":"searchset","link":\
      [{"relation":"next","url":"https://a.example"}]}}
      """, nil
    ),
    // Which patient it is comes before what is missing.
    (#"{"patient":{"resourceType":"Patient","id":"q"}}"#, .wrongPatient),
  ]

  @Test(arguments: judged)
  func prefetchIsJudged(_ prefetch: String, _ code: CDSHooksError.Code?) throws {
    let error = try Self.refusal {
      let chart = try Self.call(prefetch).chart(completedWith: nil)
      #expect(chart.patientID == "p")
    }
    #expect(error?.code == code)
    guard let error else { return }
    #expect(error.status == (code == .missingData ? 412 : 422))
    #expect(error.path?.contains("mine") != true)
  }

  @Test func aFirstPageIsNamedIncomplete() throws {
    let page = #"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"https://a.example"}]}"#
    let error = #expect(throws: CDSHooksError.self) {
      try Self.call(#"{"patient":null,"encounters":\#(page)}"#).chart(completedWith: nil)
    }
    #expect(error?.code == .missingData && error?.path == "prefetch.encounters")
  }

  @Test func theTokenAndTheDraftsAreThePatients() throws {
    let token = """
      ,"fhirServer":"https://a.example","fhirAuthorization":{"access_token":"x","token_type":"Bearer",\
      "expires_in":1,"scope":"s","subject":"c","patient":"
      """
    let whole = Self.judged[0].prefetch
    for (patient, isRefused) in [("p", false), ("Patient/p", false), ("q", true), ("Patient/q", true)] {
      let error = try Self.refusal { _ = try Self.call(whole, more: token + patient + #""}"#) }
      #expect((error?.code == .wrongPatient) == isRefused)
    }
  }

  static func refusal(_ body: () throws -> Void) throws -> CDSHooksError? {
    do { try body() } catch let error as CDSHooksError { return error }
    return nil
  }

  @Test func whatWasFetchedIsUsedAndOfThisPatient() throws {
    let call = try Self.call(#"{"patient":\#(Self.patient),"encounters":null,"laboratory":null}"#)
    #expect(throws: CDSHooksError.self) { try call.chart(completedWith: nil) }
    func fetched(_ patient: String) -> [UInt8] {
      Array(
        """
        {"vital-signs":[{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation",\
        "id":"o","subject":{"reference":"Patient/\(patient)"}}}]}],"other-observations":[{"resourceType":"Bundle"}],\
        "body-measures":[{"resourceType":"Bundle"}]}
        """.utf8)
    }
    #expect(try call.chart(completedWith: fetched("p")).observations.count == 1)
    #expect(try Self.refusal { _ = try call.chart(completedWith: fetched("q")) }?.code == .wrongPatient)
  }

  @Test(arguments: ["septic", "stable", "sparse", "outpatient", "child", "early", "wrong-units", "foreign-codes"])
  func hookAndChartGiveTheSameAssessment(_ name: String) throws {
    let call = try Self.call(try Samples.bytes("FixturesFHIR/hooks/patient-view-\(name).json"), reading: .strict)
    let chart = try call.chart(completedWith: nil)
    let names = ["septic": "septic-deterioration", "stable": "stable-postoperative"]
    let direct = try Samples.chart(names[name] ?? name)
    let assessor = try Samples.assessor()
    let instant = Samples.instant(direct, assessor)
    let record = assessor.assess(chart, at: instant).record
    #expect(record == assessor.assess(direct, at: instant).record)
  }

  @Test func anotherPatientsValueIsRefused() throws {
    let bytes = try Samples.bytes("FixturesFHIR/hooks/patient-view-wrong-patient.json")
    let error = #expect(throws: CDSHooksError.self) { try Self.call(bytes) }
    #expect(error?.code == .wrongPatient)
  }
}
