// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

@Suite struct TimeShiftTests {
  @Test(arguments: [
    ("2026-03-10T14:20:00+01:00", 3600, "2026-03-10T15:20:00+01:00"),
    ("2026-03-10T23:59:59.125-05:00", 1, "2026-03-11T00:00:00.125-05:00"),
    ("2026-03-10T00:00:00Z", -1, "2026-03-09T23:59:59Z"),
    ("2026-03-10T00:00:00.1234567+14:00", 86_400, "2026-03-11T00:00:00.1234567+14:00"),
    ("2024-02-28", 86_400, "2024-02-29"),
    ("2024-02-28", 43_199, "2024-02-28"),
    ("1969-12-31", 86_400, "1970-01-01"),
    ("1958-07-02", -86_400 * 366, "1957-07-01"),
  ])
  func movesKeepingPrecisionAndZone(text: String, seconds: Int64, expected: String) {
    #expect(JSON.string(text).shifted(bySeconds: seconds) == .string(expected))
  }

  @Test func monthsAndYearsMoveInDateElementsOnly() {
    let value: JSON = ["birthDate": "1945", "onsetDateTime": "2009-11", "value": "2009", "code": "2026-13"]
    let moved: JSON = ["birthDate": "1946", "onsetDateTime": "2010-11", "value": "2009", "code": "2026-13"]
    #expect(value.shifted(bySeconds: 366 * 86_400) == moved)
  }

  @Test func whatIsNoTimeStays() {
    let value: JSON = [
      "id": "2160-0", "a": 20260310, "b": true, "c": ["8867-4", "2026-03-10T14:20", "2026-02-30", "14:20:00"],
    ]
    #expect(value.shifted(bySeconds: 1_000_000) == value)
    #expect(JSON.string("9999-12-31").shifted(bySeconds: 86_400) == .string("9999-12-31"))
    #expect(JSON.string("2026-03-10").shifted(bySeconds: .max) == .string("2026-03-10"))
  }

  /// Back and forth gives the same bytes, for every fixture: nothing but dates moves, and by the same amount.
  @Test(arguments: ["septic-deterioration", "stable-postoperative", "sparse", "mixed-patients"])
  func thereAndBack(name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../FixturesFHIR/\(name).json").standardizedFileURL
    let original = JSON(try Document([UInt8](Data(contentsOf: file)), syntax: .json).root)
    let whole: Int64 = 86_400 * 1461
    let moved = original.shifted(bySeconds: whole)
    #expect(moved != original)
    #expect(moved.shifted(bySeconds: -whole) == original)
  }
}
