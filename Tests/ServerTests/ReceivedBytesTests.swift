// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

/// What the report of the minimum necessary says of answers as the service makes them: that it knows their sources again.
@Suite struct ReceivedBytesTests {
  /// The septic chart as another patient's, with a resource that nobody reads under a key of the client's own.
  static func request(of patient: String) throws -> [UInt8] {
    let text = try Fixture.text("hooks/patient-view-septic.json").replacing("syn-septic", with: patient)
    let shot =
      "{\"resourceType\":\"Immunization\",\"id\":\"shot\",\"patient\":{\"reference\":\"Patient/\(patient)\"}}"
    let start = try #require(text.firstRange(of: "\"prefetch\":"))
    let rest = text[start.upperBound...]
    let brace = try #require(rest.firstIndex(of: "{"))
    return Array("\(text[...brace])\"mine\":\(shot),\(rest[rest.index(after: brace)...])".utf8)
  }

  @Test func theSourcesOfAnswersAreFoundInTheirRequests() async throws {
    let tested = try ServiceUnderTest()
    for number in 10..<21 {
      let response = try await tested.call(try Self.request(of: "syn-number-\(number)"))
      #expect(response.status == .ok)
    }
    let rows = try tested.rows(.minimum)
    func bytes(_ type: String, _ column: String) -> Int {
      rows.filter { $0["type"] == type }.compactMap { $0[column].flatMap { Int($0) } }.reduce(0, +)
    }
    #expect(rows.first?["came"] == "all" && rows.first?["answers"] == "11")
    // Most of the chart is read; what is not are values of before the stay, of codes that no model knows, and of no number.
    let observations = bytes("Observation", "bytes")
    #expect(bytes("Observation", "read") > observations / 2)
    #expect(bytes("Observation", "read") + bytes("Observation", "of no use") == observations)
    #expect(bytes("Observation", "of no use") > 0 && bytes("Observation", "not asked") == 0)
    #expect(bytes("Patient", "read") == bytes("Patient", "bytes") && bytes("Patient", "bytes") > 0)
    #expect(bytes("Location", "stay and orders") == bytes("Location", "bytes") && bytes("Location", "bytes") > 0)
    let shots = rows.filter { $0["type"] == "Immunization" }
    #expect(shots.map { $0["note"] } == ["never read"] && shots.map { $0["key"] } == ["another key"])
  }

  /// Of children no model takes a value: that is no reason to send less of others.
  @Test func anAnswerThatAbstainsSaysNothingOfWhatIsNeeded() async throws {
    let tested = try ServiceUnderTest()
    let chart = try Fixture.text("hooks/patient-view-child.json")
    for number in 10..<21 {
      let response = try await tested.call(Array(chart.replacing("syn-child", with: "syn-number-\(number)").utf8))
      #expect(response.status == .ok)
    }
    let rows = try tested.rows(.minimum).filter { $0["type"] == "Observation" }
    #expect(!rows.isEmpty)
    for row in rows {
      #expect(row["of no use"] == "0" && row["not asked"] == row["bytes"])
      #expect(row["note"] == "in no answer was every model asked")
    }
  }
}
