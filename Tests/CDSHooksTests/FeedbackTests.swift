// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Testing

@Suite struct FeedbackTests {
  @Test func readsBothOutcomes() throws {
    let text = """
      {"feedback":[{"card":"c1","outcome":"accepted","acceptedSuggestions":[{"id":"s1"},{"id":"s2"}],\
      "outcomeTimestamp":"2021-12-11T10:05:31.123Z"},{"card":"c1","outcome":"overridden","overrideReason":\
      {"reason":{"code":"r","system":"urn:s"},"userComment":"no"},"outcomeTimestamp":"2021-12-11T10:05:31Z"},\
      {"card":"c2","outcome":"overridden","outcomeTimestamp":"2021-12-11t10:05:31+01:00","unknown":1}]}
      """
    let entries = try FeedbackRequest(Array(text.utf8)).entries
    #expect(entries.map(\.card) == ["c1", "c1", "c2"])
    #expect(entries[0].outcome == .accepted(suggestions: ["s1", "s2"]))
    #expect(entries[1].outcome == .overridden(reason: Coding(code: "r", system: "urn:s"), comment: "no"))
    #expect(entries[2].outcome == .overridden(reason: nil, comment: nil))
  }

  static let time = #""outcomeTimestamp":"2021-12-11T10:05:31Z""#
  static let refused = [
    "[]", "{}", #"{"feedback":{}}"#, #"{"feedback":[]}"#, #"{"feedback":[7]}"#,
    #"{"feedback":[{"outcome":"overridden",\#(time)}]}"#, #"{"feedback":[{"card":"c","outcome":"ignored",\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"accepted",\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"accepted","acceptedSuggestions":[{}],\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","overrideReason":{},\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","overrideReason":{"reason":{"code":"x"}},\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","overrideReason":{"userComment":{}},\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","acceptedSuggestions":{},\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"accepted","acceptedSuggestions":[{"id":"s"}],"overrideReason":[],\#(time)}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"yesterday"}]}"#,
    #"{"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"2021-12-11T10:05:31"}]}"#,
  ]

  @Test(arguments: refused)
  func refusesWithAPlace(_ text: String) {
    let error = #expect(throws: CDSHooksError.self) { try FeedbackRequest(Array(text.utf8)) }
    #expect(error?.status == 422)
  }
}
