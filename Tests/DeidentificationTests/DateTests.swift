// SPDX-License-Identifier: Apache-2.0
import Deidentification
import FHIR
import Testing

@Suite struct DateTests {
  /// A patient's copy, assessed on a day; each key moves by another number of days.
  private func birthDate(_ text: String, on day: String, key: UInt8) throws -> (born: String, day: String) {
    let instant = try #require(Instant("\(day)T12:00:00Z"))
    let key = DeidentificationKey(bytes: [UInt8](repeating: key, count: 32))
    var copy = Deidentifier(key, try Samples.vocabulary.get(), patient: "p", client: "", at: instant)
    let patient: JSON = ["resourceType": "Patient", "birthDate": .string(text)]
    let copied = copy.resource(try Document(patient.encoded(), syntax: .json).root)
    guard case .string(let born)? = copied?["birthDate"] else { return ("", "") }
    return (born, String(copy.moved(instant).description.prefix(10)))
  }

  /// Completed years, by the calendar alone.
  private func age(_ born: String, _ day: String) -> Int {
    let (born, day) = (
      born.split(separator: "-").compactMap { Int($0) }, day.split(separator: "-").compactMap { Int($0) }
    )
    return day[0] - born[0] - ((day[1], day[2]) < (born[1], born[2]) ? 1 : 0)
  }

  /// Around a birthday, around leap days, for many shifts: the age in years is what it was.
  @Test(arguments: [
    "1958-07-02", "1960-02-29", "1999-12-31", "2000-01-01", "1937-06-01", "1985-03-11", "1985-03-12", "1985-03-13",
  ])
  func completedYearsStay(_ born: String) throws {
    for key in UInt8(0)..<40 {
      for day in ["2026-03-12", "2024-02-29", "2025-03-01", "2026-12-31", "2026-07-01", "2026-07-02", "2026-07-03"] {
        let moved = try birthDate(born, on: day, key: key)
        #expect(age(moved.born, moved.day) == age(born, day), "\(born) on \(day): \(moved)")
        #expect(moved.born != born)
      }
    }
  }

  @Test func overEightyNineIsNinety() throws {
    for born in ["1936-03-12", "1930-01-01", "1919-11-30"] {
      let moved = try birthDate(born, on: "2026-03-12", key: 3)
      #expect(age(moved.born, moved.day) == 90)
    }
    let almost = try birthDate("1936-03-13", on: "2026-03-12", key: 3)
    #expect(age(almost.born, almost.day) == 89)
  }

  @Test func aVagueBirthDateStaysVague() throws {
    for key in UInt8(0)..<20 {
      let year = try birthDate("1950", on: "2026-03-12", key: key)
      #expect(year.born.utf8.count == 4)
      #expect(Int(year.day.prefix(4)).map { $0 - (Int(year.born) ?? 0) } == 76)
      let month = try birthDate("1950-11", on: "2026-03-12", key: key)
      #expect(month.born.utf8.count == 7)
      func months(_ text: String) -> Int {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        return parts[0] * 12 + parts[1]
      }
      #expect(months(month.day) - months(month.born) == months("2026-03") - months("1950-11"))
    }
  }

  /// Something that happened 95 years ago tells an age over 89 as well as a birth date does.
  @Test func whatLiesTooFarBackGoes() throws {
    let copy = try Samples.copy([
      "resourceType": "Condition", "onsetDateTime": "1931-04-01", "recordedDate": "2026-01-02T03:04:05+01:00",
    ])
    #expect(copy["onsetDateTime"] == "?")
    let recorded = try #require(Samples.texts(copy).first { $0.hasSuffix("T03:04:05+01:00") })
    #expect(!recorded.hasPrefix("2026-01-02"))
  }
}
