// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

@Suite struct DateTimeTests {
  /// Text, first and last moment, precision.
  @Test(
    arguments: [
      ("2024", "2024-01-01T00:00:00Z", "2024-12-31T23:59:59.999Z", .year),
      ("2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999Z", .month),
      ("2023-02", "2023-02-01T00:00:00Z", "2023-02-28T23:59:59.999Z", .month),
      ("2024-12", "2024-12-01T00:00:00Z", "2024-12-31T23:59:59.999Z", .month),
      ("2024-02-29", "2024-02-29T00:00:00Z", "2024-02-29T23:59:59.999Z", .day),
      ("1969-12-31", "1969-12-31T00:00:00Z", "1969-12-31T23:59:59.999Z", .day),
      ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T23:59:59.999Z", .day),
      ("2024-03-01T10:20:30Z", "2024-03-01T10:20:30Z", "2024-03-01T10:20:30.999Z", .second),
      ("2024-03-01T10:20:30+02:00", "2024-03-01T08:20:30Z", "2024-03-01T08:20:30.999Z", .second),
      ("2024-03-01T10:20:30-09:30", "2024-03-01T19:50:30Z", "2024-03-01T19:50:30.999Z", .second),
      ("2024-03-01T00:20:30+05:45", "2024-02-29T18:35:30Z", "2024-02-29T18:35:30.999Z", .second),
      ("2024-03-01T00:00:00+14:00", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00.999Z", .second),
      ("2024-03-01T00:00:00-12:00", "2024-03-01T12:00:00Z", "2024-03-01T12:00:00.999Z", .second),
      ("2024-03-01T10:20:30.1Z", "2024-03-01T10:20:30.100Z", "2024-03-01T10:20:30.199Z", .millisecond),
      ("2024-03-01T10:20:30.12Z", "2024-03-01T10:20:30.120Z", "2024-03-01T10:20:30.129Z", .millisecond),
      ("2024-03-01T10:20:30.123Z", "2024-03-01T10:20:30.123Z", "2024-03-01T10:20:30.123Z", .millisecond),
      ("2024-03-01T10:20:30.123456789Z", "2024-03-01T10:20:30.123Z", "2024-03-01T10:20:30.123Z", .millisecond),
      ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00.999Z", .second),
      ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00.999Z", .second),
    ] as [(String, String, String, DateTime.Precision)])
  func reads(text: String, earliest: String, latest: String, precision: DateTime.Precision) throws {
    let value = try #require(DateTime(text))
    #expect(value.earliest.description == earliest && value.latest.description == latest)
    #expect(value.precision == precision && value.hasTimeZone == (precision >= .second))
    #expect(Instant(text) == (precision >= .second ? value.earliest : nil))
  }

  @Test(arguments: [
    "", "24", "202", "20245", "0000", "2024-", "2024-1", "2024-13", "2024-00", "2024-02-30", "2023-02-29", "1900-02-29",
    "2024-04-31", "2024-01-00", "2024-01-32", "2024-01-1", "2024/01/01", "2024-01-01T", "2024-01-01T10",
    "2024-01-01T10:20",
    "2024-01-01T10:20Z", "2024-01-01T10:20:30", "2024-01-01T24:00:00Z", "2024-01-01T10:60:00Z", "2024-01-01T10:20:61Z",
    "2024-01-01T10:20:30.Z", "2024-01-01T10:20:30+2:00", "2024-01-01T10:20:30+0200", "2024-01-01T10:20:30+14:01",
    "2024-01-01T10:20:30+15:00", "2024-01-01T10:20:30+02:60", "2024-01-01T10:20:30z", "2024-01-01t10:20:30Z",
    "2024-01-01 10:20:30Z", "2024-01-01T10:20:30Z ", " 2024", "2024-01-01T10:20:30,5Z", "-2024-01-01", "２０２４",
  ])
  func refuses(text: String) {
    #expect(DateTime(text) == nil)
    #expect(Instant(text) == nil)
  }

  /// Every byte of a date in every place is judged as by the grammar, read letter by letter.
  @Test(arguments: [
    "2024", "2024-02", "2024-02-29", "2024-02-29T10:20:30Z", "2024-02-29T10:20:30+02:00",
    "2024-02-29T10:20:30.123-09:30",
    "1999-12-31T23:59:60.5Z",
  ])
  func everyOtherByteIsJudged(text: String) throws {
    // R4 datatypes.html#dateTime; which days there are is asked of the calendar below.
    let grammar = try Regex(
      "([0-9]{4})(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
        + "(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?")
    var read = 0
    for place in text.utf8.indices {
      for byte in UInt8(0x20)...0x7E {
        var bytes = Array(text.utf8)
        bytes[text.utf8.distance(from: text.utf8.startIndex, to: place)] = byte
        let changed = String(decoding: bytes, as: UTF8.self)
        let isDate = try grammar.wholeMatch(in: changed) != nil && isDay(changed.prefix(10))
        #expect((DateTime(changed) != nil) == isDate, "\(changed)")
        read += isDate ? 1 : 0
      }
    }
    #expect(read > 2)
  }

  /// Whether numbers written like a date, perhaps without a day or month, name a day that is.
  private func isDay(_ text: Substring) -> Bool {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    guard parts[0] > 0 else { return false }
    guard parts.count == 3 else { return true }
    let isLeap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return parts[2] <= days[parts[1] - 1]
  }

  @Test func agreesWithFoundationOverFiveCenturies() throws {
    var calendar = Foundation.Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    for day in stride(from: -70_000, to: 110_000, by: 41) {
      let instant = Instant(milliseconds: Int64(day) * 86_400_000 + Int64(day & 0xFFFF) * 1_001)
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000))
      let date = [parts.year, parts.month, parts.day].map { String(format: "%02d", $0 ?? 0) }.joined(separator: "-")
      #expect(instant.description.hasPrefix(date), "\(instant) \(date)")
      #expect(Instant(instant.description) == instant)
    }
  }

  @Test func hoursAreExact() {
    let start = Instant(milliseconds: 1_000)
    #expect(start.advanced(byHours: 1.5).hours(since: start) == 1.5)
    #expect(start.hours(since: start.advanced(byHours: 2)) == -2)
  }
}
