// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

/// Member names and values are input; no error, issue or path may say one that no specification gave.
@Suite struct PathTests {
  static let canary = "JohnSmith"

  static let refused: [String] = [
    #"{"JohnSmith":1,"JohnSmith":2}"#, #"{"resourceType":"JohnSmith","name":[tru"#, #"{"JohnSmith":{"family":tru}}"#,
    #"{"resourceType":"Patient","JohnSmith":{"JohnSmith":[1,2}"#, #"{"resourceType":"Patient","_JohnSmith":tru}"#,
    #"{"resourceType":"Patient","name":[{"family":"JohnSmith","given":[tru]}]}"#, #"{"a":"JohnSmith"#, "JohnSmith",
    #"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"JohnSmith","JohnSmith":}}]}"#,
    #"{"resourceType":"Patient"}JohnSmith"#, #"{"JohnSmith":"\uD800"}"#, "[JohnSmith]", #"{JohnSmith:1}"#,
    "<JohnSmith/>", "<JohnSmith xmlns='http://hl7.org/fhir'><JohnSmith></a></JohnSmith>",
    "<Patient xmlns='http://hl7.org/fhir'><JohnSmith><JohnSmith><x/></JohnSmith></JohnSmith><JohnSmith/><id/></Patient>",
    "<Patient xmlns='http://hl7.org/fhir'><name JohnSmith='1'/></Patient>",
    "<Patient xmlns='http://hl7.org/fhir'><name><JohnSmith value='a'/>JohnSmith</name></Patient>",
    "<Patient xmlns='http://hl7.org/fhir'><JohnSmith value='a'/><id value='a'/><JohnSmith value='a'/></Patient>",
    "<Patient xmlns='http://hl7.org/fhir'><id value='&JohnSmith;'/></Patient>", "<JohnSmith:x/>",
    "<Patient xmlns='http://hl7.org/fhir'><x:JohnSmith xmlns:x='JohnSmith'/></Patient>",
    "<!DOCTYPE JohnSmith><Patient xmlns='http://hl7.org/fhir'/>", "<?xml version='1.0' encoding='JohnSmith'?><a/>",
  ]

  @Test(arguments: refused) func errorsSayNothingOfTheInput(_ text: String) {
    let error = #expect(throws: FHIRError.self) { try Document(Array(text.utf8)) }
    #expect(error?.description.contains(Self.canary) == false)
    #expect(error?.path?.contains(Self.canary) != true)
  }

  static let read: [String] = [
    #"""
    {"resourceType":"Bundle","type":"collection","JohnSmith":[[{"JohnSmith":{"JohnSmith":[1,{"_JohnSmith":null}]}}]],
    "entry":[{"resource":{"JohnSmith":1}},{"resource":{"resourceType":"JohnSmith","JohnSmith":"JohnSmith"}},
    {"fullUrl":"http://JohnSmith","resource":{"resourceType":"Patient","id":"JohnSmith","JohnSmith":1}},
    {"resource":{"resourceType":"Patient","id":"p2"}},
    {"resource":{"resourceType":"Observation","subject":{"reference":"Patient/JohnSmith2"}}},
    {"resource":{"resourceType":"Observation","subject":{"display":"JohnSmith"}}},
    {"response":{"status":"404 JohnSmith","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error",
    "code":"not-found","diagnostics":"JohnSmith"}]}}}]}
    """#,
    #"{"JohnSmith":{"resourceType":"Patient"}}"#, #"{"resourceType":"JohnSmith","JohnSmith":{"code":[1]}}"#,
    "<Bundle xmlns='http://hl7.org/fhir'><JohnSmith><JohnSmith><JohnSmith value='a'/></JohnSmith></JohnSmith>"
      + "<entry><resource><JohnSmith><JohnSmith value='1'/></JohnSmith></resource></entry></Bundle>",
  ]

  @Test(arguments: read) func pathsAndIssuesSayNothingOfTheInput(_ text: String) throws {
    let document = try Document(Array(text.utf8))
    var seen = 0
    func visit(_ node: Node) {
      seen += 1
      #expect(!node.path.contains(Self.canary))
      for child in node.children { visit(child) }
    }
    visit(document.root)
    #expect(seen == document.nodeCount)
    let issues =
      document.issues + Chart.charts(in: [document]).flatMap(\.issues)
      + Chart(resources: [document.root], patientID: "JohnSmith").issues
    for issue in issues { #expect(issue.path?.contains(Self.canary) != true && !issue.text.contains(Self.canary)) }
    do throws(FHIRError) {
      _ = try document.converted(to: document.syntax == .json ? .xml : .json)
      Testing.Issue.record("what R4 does not know has no other form")
    } catch {
      #expect(!error.description.contains(Self.canary))
    }
  }

  @Test func namesOfTheSpecificationsAreSaid() throws {
    let text = #"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"a"}]},"Mr X":{"family":1}}"#
    let root = try Document(Array(text.utf8)).root
    #expect(root["_birthDate"]?.elements("extension").first?["url"]?.path == "Patient._birthDate.extension[0].url")
    #expect(root.member("Mr X")?["family"]?.path == "Patient.?.family")
    let request = #"{"prefetch":{"patient":{"resourceType":"Patient"}},"context":{"draftOrders":{"Smith":1}}}"#
    let hook = try Document(Array(request.utf8)).root
    #expect(hook["prefetch"]?["patient"]?.path == "$.prefetch.patient")
    #expect(hook["context"]?["draftOrders"]?["Smith"]?.path == "$.context.draftOrders.?")
  }
}
