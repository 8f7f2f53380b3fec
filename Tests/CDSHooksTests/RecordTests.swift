// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct RecordTests {
  static let cases: [(text: String, kept: String)] = [
    (#"{"a":1,"fhirAuthorization":{"access_token":"S"},"b":2}"#, #"{"a":1,"b":2}"#),
    (#"{"fhirAuthorization":{"access_token":"S"},"b":2}"#, #"{"b":2}"#),
    (#"{"a":1,"fhirAuthorization":{"access_token":"S"}}"#, #"{"a":1}"#),
    (#"{"fhirAuthorization":{"access_token":"S"}}"#, "{}"),
    (#"{ "a" : 1 , "fhirAuthorization" : "S" , "b" : 2 }"#, #"{ "a" : 1 , "b" : 2 }"#),
    ("{\n  \"a\": 1.50,\n  \"fhirAuthorization\": null\n}", "{\n  \"a\": 1.50\n}"),
    (#"{"fhirAuth\u006frization":{"x":"}\"S"},"b":"é"}"#, #"{"b":"é"}"#),
    (#"{"a":1,"fhirAuthorization":{"n":[1,2,{"t":"\\"}],"s":"]}"} , "b":2}"#, #"{"a":1,"b":2}"#),
    (#"{"fhirAuthorization":-1.5e3,"b":2}"#, #"{"b":2}"#), (#"{"a":1 ,"fhirAuthorization":true }"#, #"{"a":1 }"#),
    (#"{"fhirAuthorization":[["]"],{}],"b":{"c":"\"fhirAuthorization\":"}}"#, #"{"b":{"c":"\"fhirAuthorization\":"}}"#),
    (#"{"a":{"fhirAuthorization":1}}"#, #"{"a":{"fhirAuthorization":1}}"#),
    (#"{"a":"\"fhirAuthorization\":1"}"#, #"{"a":"\"fhirAuthorization\":1"}"#),
    ("{}", "{}"),
    (" {\"a\" : [ 1 , {} ] } \n", " {\"a\" : [ 1 , {} ] } \n"),
  ]

  @Test(arguments: cases)
  func keepsEveryByteButTheMember(_ text: String, _ kept: String) throws {
    let bytes = try #require(HookRequest.withoutAuthorization(Array(text.utf8)))
    #expect(String(decoding: bytes, as: UTF8.self) == kept)
    _ = try Document(bytes, syntax: .json)
  }

  @Test func whatIsNoObjectGivesNothing() {
    for text in ["", "[]", "7", "{\"a\"", "{\"a\":}", "{\"a\":1"] {
      #expect(HookRequest.withoutAuthorization(Array(text.utf8)) == nil)
    }
  }

  @Test func theRestReadsTheSameAsBefore() throws {
    let more = """
      "fhirServer":"https://a.example","fhirAuthorization":{"access_token":"S","token_type":"Bearer","expires_in":1,\
      "scope":"s","subject":"c"},"prefetch":{"p":{"resourceType":"Patient","id":"123"}}
      """
    let bytes = requestText(more: more)
    let kept = try #require(HookRequest.withoutAuthorization(bytes))
    var whole = JSON(try Document(bytes, syntax: .json).root)
    whole["fhirAuthorization"] = nil
    #expect(JSON(try Document(kept, syntax: .json).root) == whole)
    #expect(try HookRequest(kept).deviations.isEmpty)
  }
}
