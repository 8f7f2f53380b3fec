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
    #expect(bytes("Patient", "read") > 0 && bytes("Patient", "of no use") == 0)
    #expect(bytes("Location", "stay and orders") > 0 && bytes("Location", "of no use") == 0)
    let shots = rows.filter { $0["type"] == "Immunization" }
    #expect(shots.map { $0["note"] } == ["never read"] && shots.map { $0["key"] } == ["another key"])
  }
}
