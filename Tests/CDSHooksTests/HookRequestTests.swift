// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct HookRequestTests {
  @Test func readsAConformantRequestWithoutDeviations() throws {
    let more = """
      "fhirServer":"https://ehr.example.org/fhir",\
      "fhirAuthorization":{"access_token":"t0p","token_type":"Bearer","expires_in":300,"scope":"patient/*.rs",\
      "subject":"vigil","patient":"123"},"prefetch":{"patient":{"resourceType":"Patient","id":"123"},"none":null},"extension":{"a.b":1}
      """
    let context = #"{"userId":"PractitionerRole/p1","patientId":"123","encounterId":"e.1","unknown":[1]}"#
    let request = try HookRequest(requestText(context: context, more: more), reading: .strict)
    #expect(request.hook == "patient-view")
    #expect(request.hookInstance == "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")
    #expect(request.fhirServer == "https://ehr.example.org/fhir")
    #expect(request.fhirAuthorization?.accessToken == "t0p")
    #expect(request.fhirAuthorization?.expiresIn == 300)
    #expect(request.context.patientID == "123")
    #expect(request.context.encounterID == "e.1")
    #expect(request.context.userID == "PractitionerRole/p1")
    #expect(request.prefetch.map(\.key) == ["patient", "none"])
    #expect(request.deviations.isEmpty)
  }

  static let deviating: [(text: [UInt8], kind: Deviation.Kind)] = [
    (requestText(context: #"{"userId":"Practitioner/p","patientId":"Patient/123"}"#), .typedIdentifier),
    (
      requestText(context: #"{"userId":"Practitioner/p","patientId":"https://a.example/fhir/Patient/123"}"#),
      .typedIdentifier
    ),
    (requestText(context: #"{"userId":"Practitioner/p","patientId":"1_2"}"#), .malformedIdentifier),
    (requestText(context: #"{"userId":"Practitioner/p","patientId":"123","encounterId":null}"#), .nullMember),
    (requestText(context: #"{"userId":"Practitioner/p","patientId":"123","encounterId":""}"#), .emptyMember),
    (requestText(more: #""prefetch":[]"#), .mistypedMember),
    (requestText(instance: #""test-1""#), .nonUUIDHookInstance),
    (requestText(context: #"{"patientId":"123"}"#), .missingUser),
    (requestText(hook: #""encounter-start""#), .missingContextMember),
    (requestText(context: #"{"userId":"p1","patientId":"123"}"#), .malformedReference),
    (
      requestText(
        hook: #""order-dispatch""#,
        context: #"{"patientId":"123","order":"ServiceRequest/1","performer":"Organization/2"}"#), .formerMemberName
    ),
    (requestText(more: #""fhirServer":"ehr""#), .malformedServer),
    (
      requestText(more: #""fhirServer":"https://a.example","fhirAuthorization":{"access_token":"x"}"#),
      .incompleteAuthorization
    ),
    (
      requestText(
        more: """
          "fhirAuthorization":{"access_token":"x","token_type":"Bearer","expires_in":1,"scope":"s","subject":"c"}
          """), .authorizationWithoutServer
    ),
    (
      requestText(more: #""prefetch":{"a":{"response":{"status":"200"},"resource":{"resourceType":"Patient"}}}"#),
      .wrappedPrefetch
    ),
    (
      requestText(
        hook: #""allergyintolerance-create""#,
        context: """
          {"userId":"Practitioner/p","patientId":"123","allergyIntolerance":{"resource":\
          {"resourceType":"AllergyIntolerance"}}}
          """), .wrappedContextResource
    ),
    (requestText(more: #""prefetch":{"a":"text"}"#), .prefetchNotResource),
    (requestText(more: #""user":"Practitioner/1""#), .unknownMember),
    (requestText(more: #""prefetch":{"a":{"resourceType":"Bundle","type":"collection"}}"#), .bundleNotSearchset),
    (requestText(more: #""fhirServer":"http://a.example""#), .insecureServer),
    (
      requestText(
        hook: #""order-sign""#,
        context: """
          {"userId":"Practitioner/p","patientId":"123","draftOrders":{"resourceType":"Bundle","entry":[{"resource":\
          {"resourceType":"MedicationRequest"}}]}}
          """), .entryWithoutFullURL
    ),
    (
      requestText(
        hook: #""order-sign""#,
        context: """
          {"userId":"Practitioner/p","patientId":"123","draftOrders":{"resourceType":"Bundle","entry":[{"fullUrl":\
          "urn:uuid:0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10"}]}}
          """), .missingContextMember
    ),
    (requestText(context: #"{"userId":"Device/p","patientId":"123"}"#), .unexpectedUserType),
    (
      requestText(
        hook: #""order-select""#,
        context: """
          {"userId":"Practitioner/p","patientId":"123","selections":["MedicationRequest/2"],"draftOrders":\
          {"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10","resource":\
          {"resourceType":"MedicationRequest","id":"1"}}]}}
          """), .selectionWithoutOrder
    ),
    (
      requestText(
        more: """
          "fhirServer":"https://a.example","fhirAuthorization":{"access_token":"x","token_type":"Bearer",\
          "expires_in":1,"scope":"patient/*.read","subject":"c"}
          """), .patientScopeWithoutPatient
    ),
  ]

  /// Members of a context by their current name, whatever name and shape were sent.
  @Test func theContextOfADispatchIsReadInAllItsShapes() throws {
    let former =
      #"{"patientId":"123","order":"ServiceRequest/1","performer":"Organization/2","task":{"resourceType":"Task"}}"#
    let current = #"""
      {"patientId":"123","dispatchedOrders":["ServiceRequest/1"],"performer":"Organization/2",\#
      "fulfillmentTasks":[{"resourceType":"Task"},"Task/2"]}
      """#
    for text in [former, current] {
      let context = try HookRequest(requestText(hook: #""order-dispatch""#, context: text)).context
      #expect(context.references("dispatchedOrders") == ["ServiceRequest/1"])
      #expect(context.references("performer") == ["Organization/2"])
      #expect(context.resources("fulfillmentTasks").count == 1)
      #expect(context.references("fulfillmentTasks") == (text == former ? [] : ["Task/2"]))
      #expect(context.objects("fulfillmentTasks").map(\.encoded) == [Array(#"{"resourceType":"Task"}"#.utf8)])
      #expect(context.references("draftOrders").isEmpty && context.resources("draftOrders").isEmpty)
    }
  }

  @Test func everyDeviationIsTested() {
    #expect(Set(Self.deviating.map(\.kind)) == Set(Deviation.Kind.allCases))
  }

  @Test(arguments: deviating)
  func namesTheDeviationAndReadsOn(_ text: [UInt8], _ kind: Deviation.Kind) throws {
    let request = try HookRequest(text)
    #expect(request.deviations.map(\.kind).contains(kind))
    if ![.malformedIdentifier].contains(kind) { #expect(request.context.patientID == "123") }
  }

  @Test(arguments: deviating)
  func strictReadingRefusesWhatBreaksTheSpecification(_ text: [UInt8], _ kind: Deviation.Kind) {
    #expect(errorCode(text, .strict) == (kind.breaksSpecification ? .strictViolation : nil))
  }

  static let refused: [(text: [UInt8], code: CDSHooksError.Code, status: Int, path: String?)] = [
    (Array("{".utf8), .malformedJSON, 400, nil),
    (Array("[]".utf8), .notAnObject, 422, nil),
    (Array(#"{"hook":"patient-view"}"#.utf8), .missingMember, 422, "hookInstance"),
    (requestText(hook: "null"), .missingMember, 422, "hook"),
    (requestText(hook: "7"), .mistypedMember, 422, "hook"),
    (requestText(instance: #""""#), .missingMember, 422, "hookInstance"),
    (requestText(instance: #""a\u0000""#), .invalidIdentifier, 422, "hookInstance"),
    (requestText(context: "[{}]"), .mistypedMember, 422, "context"),
    (requestText(context: "{}"), .missingMember, 422, "context.patientId"),
    (requestText(context: #"{"patientId":"Encounter/1"}"#), .invalidIdentifier, 422, "context.patientId"),
    (requestText(context: #"{"patientId":"1?x=../2"}"#), .invalidIdentifier, 422, "context.patientId"),
    (requestText(context: #"{"patientId":7}"#), .invalidIdentifier, 422, "context.patientId"),
    (requestText(hook: #""order-sign""#), .missingContextResource, 422, "context.draftOrders"),
    (drafting("{}"), .missingMember, 422, "context.draftOrders.entry.resource.resourceType"),
    (drafting(#"{"resourceType":7}"#), .mistypedMember, 422, "context.draftOrders.entry.resource.resourceType"),
    (drafting("null"), .mistypedMember, 422, "context.draftOrders.entry.resource"),
    (drafting(#""MedicationRequest/1""#), .mistypedMember, 422, "context.draftOrders.entry.resource"),
  ]

  /// An order-sign with one draft, as JSON.
  private static func drafting(_ resource: String) -> [UInt8] {
    requestText(
      hook: #""order-sign""#,
      context: #"{"patientId":"123","draftOrders":{"resourceType":"Bundle","entry":[{"resource":\#(resource)}]}}"#)
  }

  @Test(arguments: refused)
  func refusesWithCodeStatusAndPlace(_ text: [UInt8], _ code: CDSHooksError.Code, _ status: Int, _ path: String?) {
    let error = #expect(throws: CDSHooksError.self) { try HookRequest(text) }
    #expect(error?.code == code)
    #expect(error?.status == status)
    if let path { #expect(error?.path == path) }
  }

  @Test func aTokenIsInNoDescription() throws {
    let more = """
      "fhirServer":"https://a.example","fhirAuthorization":{"access_token":"CANARY","token_type":"Bearer",\
      "expires_in":1,"scope":"s","subject":"c"}
      """
    let request = try HookRequest(requestText(more: more))
    #expect(request.fhirAuthorization != nil)
    var dumped = ""
    dump(request.fhirAuthorization, to: &dumped)
    #expect(!dumped.contains("CANARY") && !"\(request)".contains("CANARY"))
  }

  @Test func errorsCarryNoTextOfTheRequest() throws {
    let canary = "CANARY"
    let texts = [
      requestText(context: #"{"patientId":"CANARY/CANARY"}"#), requestText(hook: #"["CANARY"]"#),
      requestText(more: #""CANARY":1"#), requestText(more: #""prefetch":{"CAN ARY CANARY":"CANARY"}"#),
      requestText(instance: #""CANARY""#),
    ]
    for text in texts {
      for reading in [HookRequest.Reading.tolerant, .strict] {
        do {
          let request = try HookRequest(text, reading: reading)
          #expect(!"\(request.deviations)".contains(canary))
        } catch {
          #expect(!error.operationOutcome.text().contains(canary) && !"\(error)".contains(canary))
        }
      }
    }
  }

  @Test func noPrefixOfARequestCrashes() {
    let whole = requestText(
      more: #""prefetch":{"a":{"resourceType":"Patient"}},"fhirAuthorization":{"x":[1,"\u0041"]}"#)
    for length in 0..<whole.count {
      #expect(errorCode(Array(whole[..<length])) != nil)
      _ = HookRequest.withoutAuthorization(Array(whole[..<length]))
    }
  }
}
