// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// The flat table says of every Observation what its view says.
@Suite struct ObservationTableTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Profiles/terminology")
  private let terminology: Terminology

  init() throws {
    terminology = try Terminology(directory: Self.folder.path)
  }

  private func table(_ observations: String...) throws -> (ObservationTable, Chart) {
    let entries = observations.map { observation in
      #"{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/p"},\#(observation)}}"#
    }
    let bundle = #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries.joined(separator: ","))]}"#
    let chart = Chart(resources: [try Document(Array(bundle.utf8), syntax: .json).root], patientID: nil)
    return (ObservationTable(chart, terminology), chart)
  }

  private func code(_ codes: String...) -> String {
    #""code":{"coding":[\#(codes.map { #"{"system":"http://loinc.org","code":"\#($0)"}"# }.joined(separator: ","))]}"#
  }

  @Test func rowsAreTheObservationsAndTheKnownComponents() throws {
    let time = #""effectivePeriod":{"start":"2026-03-01T01:00:00Z","end":"2026-03-01T02:00:00Z"}"#
    let part = { (code: String, more: String) in
      #"{"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]}\#(more)}"#
    }
    let parts = [
      part(
        "8480-6", #","valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}"#),
      part("0-0", #","valueQuantity":{"value":1}"#),
      part("8462-4", #","modifierExtension":[{"url":"http://a.example"}],"dataAbsentReason":{"text":"x"}"#),
    ]
    let (table, chart) = try table(
      #""status":"final",\#(code("85354-9")),\#(time),"component":[\#(parts.joined(separator: ","))]"#,
      #""status":"unknown",\#(code("0-0")),"issued":"2026-03-01T03:00:00Z","valueInteger":1"#,
      #""status":"amended",\#(code("0-0", "8867-4")),"issued":"2026-03-01T03:00:00.5Z","valueString":"80""#)
    #expect(table.rows.map(\.isComponent) == [false, true, true, false, false])
    #expect(
      table.rows.map { chart.node(at: $0.place).path } == [
        "Bundle.entry[0].resource", "Bundle.entry[0].resource.component[0]", "Bundle.entry[0].resource.component[2]",
        "Bundle.entry[1].resource", "Bundle.entry[2].resource",
      ])
    #expect(table.rows.map(\.isPanel) == [true, false, false, false, false])
    #expect(table.rows.map(\.form) == [.none, .quantity, .none, .none, .other])
    #expect(table.rows.map { Int($0.codingCount) } == [0, 1, 1, 0, 1])
    #expect(table.rows.map(\.isModified) == [false, false, true, false, false])
    #expect(table.rows.map(\.isAbsent) == [false, false, true, false, false])
    // The first is told what holds for its known components; of what has no known code nothing more is read.
    #expect(table.rows.map(\.context.isUsable) == [true, true, true, false, true])
    #expect(table.rows[1].context.time == DateTime("2026-03-01T02:00:00Z"))
    #expect(table.rows[4].context.time == DateTime("2026-03-01T03:00:00.5Z"))
    #expect(table.rows[1].value == 120 && table.rows[4].value.isNaN)
    #expect(chart.node(at: table.rows[4].literalPlace).string == "80")
    #expect(table.units.map(\.code) == ["mm[Hg]"] && table.units.map(\.text) == ["mmHg"])
  }

  @Test func unitsAreHeldOnce() throws {
    let beats = { (unit: String) in #""status":"final",\#(self.code("8867-4")),"valueQuantity":{"value":80\#(unit)}"# }
    let (table, _) = try table(
      beats(#","code":"/min""#), beats(#","unit":"/min""#), beats(#","code":"/min""#), beats(""),
      beats(#","unit":"\u002fmin""#),
      beats(#","code":7"#))
    #expect(table.rows.map(\.unit) == [0, 1, 0, 2, 1, 2])
    #expect(table.units.map(\.code) == ["/min", nil, nil] && table.units.map(\.text) == [nil, "/min", nil])
  }
}
