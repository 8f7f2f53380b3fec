// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

/// The decision table: what each state of a key asks for.
@Suite struct PrefetchNeedTests {
  static let read = Service.Template(key: "patient", query: "Patient/{{context.patientId}}")
  static let search = Service.Template(key: "labs", query: "Observation?patient={{context.patientId}}")
  static let keys = ["patient", "labs", "vitals"]
  static let observation = #"{"resourceType":"Observation"}"#
  static let bundle = #"{"resourceType":"Bundle","type":"searchset","entry":[{"resource":\#(observation)}]}"#

  static let table: [(prefetch: String, patient: PrefetchNeed, labs: PrefetchNeed)] = [
    ("{}", .query(.absent), .query(.absent)),
    (#"{"patient":null,"labs":null}"#, .query(.emptyRead), .nothing),
    (#"{"patient":{"resourceType":"Patient"},"labs":\#(bundle)}"#, .nothing, .nothing),
    (#"{"labs":{"resourceType":"Bundle","type":"searchset"}}"#, .query(.absent), .nothing),
    (#"{"labs":{"resourceType":"Bundle","type":"collection"}}"#, .query(.absent), .nothing),
    (#"{"labs":\#(observation)}"#, .query(.absent), .nothing),
    (#"{"patient":\#(observation),"labs":{"resourceType":"Patient"}}"#, .query(.unusable), .query(.unusable)),
    (
      #"{"patient":{"resourceType":"OperationOutcome"},"labs":{"resourceType":"OperationOutcome"}}"#, .query(.failed),
      .query(.failed)
    ),
    (
      #"{"patient":"text","labs":{"response":{"status":"200"},"resource":\#(bundle)}}"#, .query(.unusable), .nothing
    ),
    (#"{"labs":{"response":{"status":"404 Not Found"}}}"#, .query(.absent), .query(.failed)),
    (
      #"{"labs":{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"https://b"}]}}"#,
      .query(.absent), .pages(next: "https://b")
    ),
    // Under a key of the client's own: a whole chart. Under another key of ours: not all of it.
    (#"{"chart":\#(bundle)}"#, .query(.absent), .nothing),
    (#"{"vitals":\#(bundle)}"#, .query(.absent), .query(.absent)),
  ]

  @Test(arguments: table.indices)
  func eachStateAsksForWhatItLacks(_ index: Int) throws {
    let (prefetch, patient, labs) = Self.table[index]
    let request = try HookRequest(requestText(more: #""prefetch":\#(prefetch)"#))
    #expect(request.need(Self.read, keys: Self.keys) == patient)
    #expect(request.need(Self.search, keys: Self.keys) == labs)
  }

  @Test func whatWasFetchedCompletesTheRequest() throws {
    let next =
      #"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"https://b"}],"entry":[{"resource":\#(Self.observation)}]}"#
    let request = try HookRequest(
      requestText(more: #""prefetch":{"labs":\#(next),"patient":{"resourceType":"OperationOutcome"}}"#))
    let fetched = #"""
      {"labs":[\#(next),\#(Self.bundle)],"patient":[{"resourceType":"Patient","id":"123"}],"vitals":[\#(Self.bundle)]}
      """#
    let whole = request.completed(with: try Document(Array(fetched.utf8), syntax: .json).root)
    #expect(whole.prefetch.map(\.key) == ["labs", "patient", "vitals"])
    #expect(whole.prefetched("labs")?.resources.count == 3 && whole.prefetched("labs")?.contents.count == 3)
    #expect(whole.prefetch.allSatisfy { $0.isComplete })
    #expect(whole.prefetched("patient")?.state == .resource)
    // A last page that leads on is still not all.
    let half = request.completed(with: try Document(Array(#"{"labs":[\#(next)]}"#.utf8), syntax: .json).root)
    #expect(half.prefetched("labs")?.isComplete == false)
  }
}
