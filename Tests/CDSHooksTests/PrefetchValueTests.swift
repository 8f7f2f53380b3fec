// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct PrefetchValueTests {
  static let table: [(value: String, state: PrefetchValue.State, resources: Int)] = [
    ("null", .noData, 0),
    (#"{"resourceType":"Patient","id":"1"}"#, .resource, 1),
    (#"{"resourceType":"Bundle","type":"searchset"}"#, .bundle, 0),
    (
      #"{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation"}}]}"#, .bundle, 1
    ),
    (#"{"resourceType":"OperationOutcome"}"#, .failed, 0),
    (
      """
      {"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation"}},\
      {"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]},"search":{"mode":"outcome"}}]}
      """, .failed, 1
    ),
    (
      """
      {"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"OperationOutcome",\
      "issue":[{"severity":"warning"}]}}]}
      """, .bundle, 0
    ),
    (
      """
      {"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"https://a"},\
      {"relation":"next","url":"https://b"}],"entry":[{"resource":{"resourceType":"Observation"}}]}
      """, .paged(next: "https://b"), 1
    ),
    (#"{"response":{"status":"200 OK"},"resource":{"resourceType":"Patient"}}"#, .resource, 1),
    (#"{"response":{"status":"200 OK"},"resource":null}"#, .noData, 0),
    (#"{"response":{"status":"200 OK"},"resource":{"id":"x"}}"#, .nonconformant, 0),
    (#""text""#, .nonconformant, 0),
    ("{}", .nonconformant, 0),
    ("[]", .nonconformant, 0),
  ]

  @Test(arguments: table)
  func theDecisionTable(_ value: String, _ state: PrefetchValue.State, _ resources: Int) throws {
    let request = try HookRequest(requestText(more: #""prefetch":{"k":\#(value)}"#))
    let found = try #require(request.prefetched("k"))
    #expect(found.state == state)
    #expect(found.resources.count == resources)
    #expect(found.isComplete == [.noData, .resource, .bundle].contains(state))
  }

  @Test func anAbsentKeyHasNoValue() throws {
    #expect(try HookRequest(requestText(more: #""prefetch":{}"#)).prefetched("k") == nil)
  }

  @Test func valuesKeepTheirOrder() throws {
    let keys = (0..<50).map { "k\(($0 * 37) % 50)" }
    let members = keys.map { #""\#($0)":null"# }.joined(separator: ",")
    #expect(try HookRequest(requestText(more: #""prefetch":{\#(members)}"#)).prefetch.map(\.key) == keys)
  }
}
