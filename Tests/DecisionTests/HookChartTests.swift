// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Testing

@Suite struct HookChartTests {
  static func request(_ prefetch: String) throws -> HookRequest {
    try HookRequest(
      Array(
        """
        {"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",\
        "context":{"userId":"Practitioner/1","patientId":"p"},"prefetch":\(prefetch)}
        """.utf8))
  }

  static let patient = #"{"resourceType":"Patient","id":"p"}"#

  static let judged: [(prefetch: String, code: CDSHooksError.Code?)] = [
    (#"{"patient":\#(patient),"encounters":null,"observations":null}"#, nil),
    (#"{"patient":\#(patient),"encounters":null}"#, .missingData),
    (#"{"patient":\#(patient),"encounters":null,"observations":{"resourceType":"OperationOutcome"}}"#, .missingData),
    ("{}", .missingData),
    (
      """
      {"chart":{"resourceType":"Bundle","type":"collection","entry":[{"resource":\(patient)},{"resource":\
      {"resourceType":"Encounter","subject":{"reference":"Patient/p"}}},{"resource":{"resourceType":"Observation",\
      "subject":{"reference":"Patient/p"}}}]}}
      """, nil
    ),
    (#"{"patient":{"resourceType":"Patient","id":"q"},"encounters":null,"observations":null}"#, .wrongPatient),
    (
      """
      {"patient":\(patient),"encounters":null,"observations":{"resourceType":"Bundle","type":"searchset","entry":\
      [{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/q"}}}]}}
      """, .wrongPatient
    ),
    (
      """
      {"patient":\(patient),"encounters":null,"observations":{"resourceType":"Bundle","type":"searchset","link":\
      [{"relation":"next","url":"https://a.example"}]}}
      """, nil
    ),
  ]

  @Test(arguments: judged)
  func prefetchIsJudged(_ prefetch: String, _ code: CDSHooksError.Code?) throws {
    let request = try Self.request(prefetch)
    do {
      let chart = try request.chart(for: .patientRisk)
      #expect(code == nil && chart.patientID == "p")
    } catch {
      #expect(error.code == code)
      #expect(error.status == (code == .missingData ? 412 : 422))
    }
  }

  @Test func aFirstPageIsNamedIncomplete() throws {
    #expect(try Self.request(Self.judged[7].prefetch).incompleteKeys == ["observations"])
    #expect(try Self.request(Self.judged[0].prefetch).incompleteKeys.isEmpty)
  }

  @Test func theServiceKeepsTheRules() throws {
    _ = try DiscoveryDocument(services: [.patientRisk]).encoded()
  }

  @Test(arguments: ["septic", "stable", "sparse", "outpatient", "child", "early", "wrong-units", "foreign-codes"])
  func hookAndChartGiveTheSameAssessment(_ name: String) throws {
    let request = try HookRequest(try Samples.bytes("FixturesFHIR/hooks/patient-view-\(name).json"), reading: .strict)
    let chart = try request.chart(for: .patientRisk)
    let names = ["septic": "septic-deterioration", "stable": "stable-postoperative"]
    let direct = try Samples.chart(names[name] ?? name)
    let assessor = try Samples.assessor()
    let instant = Samples.instant(direct, assessor)
    let record = assessor.assess(chart, at: instant).record
    #expect(record == assessor.assess(direct, at: instant).record)
  }

  @Test func anotherPatientsValueIsRefused() throws {
    let request = try HookRequest(try Samples.bytes("FixturesFHIR/hooks/patient-view-wrong-patient.json"))
    let error = #expect(throws: CDSHooksError.self) { try request.chart(for: .patientRisk) }
    #expect(error?.code == .wrongPatient)
  }
}
