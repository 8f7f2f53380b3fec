// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

/// No error or deviation says a name or a value that the client chose.
@Suite struct CanaryTests {
  static let requests: [[UInt8]] = [
    Array(#"{"JohnSmith":tru}"#.utf8), Array(#"{"hook":"a","JohnSmith":1,"JohnSmith":2}"#.utf8),
    Array(#"["JohnSmith"]"#.utf8), requestText(hook: #""JohnSmith""#, context: #"{"patientId":"John Smith"}"#),
    requestText(instance: #""JohnSmith""#, context: #"{"patientId":"Patient/JohnSmith","userId":"JohnSmith"}"#),
    requestText(context: #"{"patientId":["JohnSmith"],"JohnSmith":1}"#),
    requestText(context: #"{"JohnSmith":{"JohnSmith":tru}}"#), requestText(more: #""JohnSmith":1"#),
    requestText(more: #""prefetch":{"JohnSmith":"JohnSmith","Smith":{"response":{},"resource":{"a":"JohnSmith"}}}"#),
    requestText(more: #""prefetch":{"JohnSmith":{"resourceType":"Bundle","type":"JohnSmith"}}"#),
    requestText(more: #""prefetch":{"JohnSmith":{"JohnSmith":[1,{"JohnSmith":01}]}}"#),
    requestText(more: #""fhirServer":"JohnSmith","fhirAuthorization":{"access_token":"JohnSmith"}"#),
  ]

  @Test(arguments: requests) func nothingOfTheRequestIsSaid(_ bytes: [UInt8]) throws {
    for reading in [HookRequest.Reading.tolerant, .strict] {
      do throws(CDSHooksError) {
        let deviations = try HookRequest(bytes, reading: reading).deviations
        #expect(!deviations.isEmpty && deviations.allSatisfy { !$0.path.contains("Smith") })
      } catch {
        #expect(!error.operationOutcome.text().contains("Smith"))
      }
    }
  }

  /// The names that an integrator must be able to find again in an error.
  @Test func everyMemberOfAPublishedContextIsSaid() throws {
    let fields = HookDefinition.published.flatMap(\.fields)
    for name in ["hook", "hookInstance", "context", "prefetch"] + fields.flatMap({ [$0.name] + $0.formerNames }) {
      let root = try Document(Array("{\"\(name)\":1}".utf8), syntax: .json).root
      #expect(root.member(name)?.path == "$.\(name)")
    }
  }
}
