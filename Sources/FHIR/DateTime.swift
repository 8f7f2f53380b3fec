// SPDX-License-Identifier: Apache-2.0

/// A FHIR `date`, `dateTime` or `instant`: the span of moments that the text may mean.
///
/// The grammar is that of R4 datatypes.html#dateTime: a year, month or day alone, or a full time with seconds and
/// zone. A date without a time has no zone in FHIR; its span is taken in UTC and `hasTimeZone` is false.
package struct DateTime: Sendable, Hashable {
  /// How much of the date the text gives.
  package enum Precision: Int, Sendable, Comparable {
    case year, month, day, second, millisecond

    package static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
  }

  /// The first moment that the text may mean.
  package let earliest: Instant
  /// The last moment, to the millisecond, that the text may mean.
  package let latest: Instant
  /// How much of the date the text gives.
  package let precision: Precision
  /// Whether the text names its zone, as every text with a time does.
  package let hasTimeZone: Bool

  /// Nil when the text is no FHIR date or dateTime.
  package init?(_ text: String) {
    var text = text
    guard let value = text.withUTF8({ unsafe DateTime(utf8: $0) }) else { return nil }
    self = value
  }

  // R4 datatypes.html#dateTime. Digits beyond the millisecond are read and dropped.
  init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    let count = bytes.count
    func byte(_ at: Int) -> UInt8 { unsafe at < count ? bytes[at] : 0 }
    func number(_ at: Int, _ width: Int) -> Int? {
      var value = 0
      for index in at..<at + width {
        let digit = byte(index) &- 0x30
        guard digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      return value
    }
    func pair(_ at: Int, after separator: UInt8, _ range: ClosedRange<Int>) -> Int? {
      guard byte(at) == separator, let value = number(at + 1, 2), range.contains(value) else { return nil }
      return value
    }
    let dash = UInt8(ascii: "-")
    let colon = UInt8(ascii: ":")

    guard let year = number(0, 4), year > 0 else { return nil }
    if count == 4 {
      self.init(from: Calendar.days(year, 1, 1), before: Calendar.days(year + 1, 1, 1), .year)
      return
    }
    guard let month = pair(4, after: dash, 1...12) else { return nil }
    let days = Calendar.days(in: month, of: year)
    if count == 7 {
      let first = Calendar.days(year, month, 1)
      self.init(from: first, before: first + days, .month)
      return
    }
    guard let day = pair(7, after: dash, 1...days) else { return nil }
    let date = Calendar.days(year, month, day)
    if count == 10 {
      self.init(from: date, before: date + 1, .day)
      return
    }
    // 24:00 is not used; second 60 is a leap second and folds into the next (R4 datatypes.html#dateTime).
    guard let hour = pair(10, after: UInt8(ascii: "T"), 0...23), let minute = pair(13, after: colon, 0...59),
      let second = pair(16, after: colon, 0...60)
    else { return nil }
    var at = 19
    var milliseconds = 0
    var unit = 1000
    if byte(at) == UInt8(ascii: ".") {
      at += 1
      let first = at
      while byte(at) &- 0x30 < 10 {
        if unit > 1 {
          unit /= 10
          milliseconds += Int(byte(at) &- 0x30) * unit
        }
        at += 1
      }
      guard at > first else { return nil }
    }
    var zone = 0
    if byte(at) == UInt8(ascii: "Z") {
      at += 1
    } else {
      guard byte(at) == UInt8(ascii: "+") || byte(at) == dash, let hours = number(at + 1, 2), hours <= 14,
        let minutes = pair(at + 3, after: colon, 0...(hours == 14 ? 0 : 59))
      else { return nil }
      zone = (hours * 60 + minutes) * (byte(at) == dash ? -1 : 1)
      at += 6
    }
    guard at == count else { return nil }
    let seconds = ((date * 24 + hour) * 60 + minute - zone) * 60 + second
    let start = Int64(seconds) * 1000 + Int64(milliseconds)
    self.init(start, start + Int64(unit) - 1, unit == 1000 ? .second : .millisecond, hasTimeZone: true)
  }

  private init(from first: Int, before next: Int, _ precision: Precision) {
    self.init(Int64(first) * 86_400_000, Int64(next) * 86_400_000 - 1, precision, hasTimeZone: false)
  }

  private init(_ earliest: Int64, _ latest: Int64, _ precision: Precision, hasTimeZone: Bool) {
    self.earliest = Instant(milliseconds: earliest)
    self.latest = Instant(milliseconds: latest)
    self.precision = precision
    self.hasTimeZone = hasTimeZone
  }
}

/// The proleptic Gregorian calendar in whole days, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
enum Calendar {
  /// Days from 1970-01-01 to the given date.
  static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date that is `days` after 1970-01-01.
  static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Days of a month, 28 to 31.
  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
