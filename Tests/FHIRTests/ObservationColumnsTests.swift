// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

@Suite struct ObservationColumnsTests {
  @Test(arguments: [
    (
      """
      {"resourceType": "Observation", "code": {"coding": [{"code": "8867-4"}, {"code": "x"}]},
      "subject": {"reference": "Patient/1"}, "effectiveDateTime": "2026-01-01",
      "valueQuantity": {"unit": "/min", "value": 71.5}}
      """, ["Patient/1", "8867-4", "71.5", "/min", "2026-01-01"]
    ),
    // Escapes are read, and what is no string is none.
    (
      """
      {"code": {"coding": {"code": "a\\u00e9"}}, "subject": {"reference": 7}, "effectiveDateTime": null,
      "valueQuantity": {"value": "1"}}
      """, ["", "aé", "nil", "", ""]
    ),
    // What stands elsewhere under the same name is not taken.
    (
      #"{"component": [{"code": {"coding": [{"code": "no"}]}, "valueQuantity": {"value": 1}}], "code": {"coding": []}}"#,
      ["", "", "nil", "", ""]
    ),
    ("[1, 2]", ["", "", "nil", "", ""]), ("{}", ["", "", "nil", "", ""]),
  ])
  func eachElementIsWhereItStands(text: String, row: [String]) throws {
    // A row before and one after, so that texts are not those of others; a line that is refused has none.
    let other = #"{"subject": {"reference": "Patient/other"}, "valueQuantity": {"unit": "mg"}}"#
    let line = text.split(separator: "\n").joined(separator: " ")
    var blocks: [ObservationColumns] = []
    try NDJSON().read(ByteStream(Array("\(other)\n{\n\(line)\n\n\(other)\n".utf8))) { lines in
      ObservationColumns(lines)
    } emit: {
      blocks.append($0)
    }
    let columns = try #require(blocks.first)
    #expect(blocks.count == 1 && columns.count == 3)
    let value = columns.values[1].map { "\($0)" } ?? "nil"
    #expect([columns.subjects[1], columns.codes[1], value, columns.units[1], columns.times[1]] == row)
    #expect(columns.subjects[2] == "Patient/other" && columns.units[2] == "mg" && columns.values[2] == nil)
  }
}
