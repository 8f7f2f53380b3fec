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

  // R4 datatypes.html#dateTime: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone and perhaps a fraction.
  init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = unsafe UnsafeRawPointer(bytes.baseAddress), bytes.count >= 4 else { return nil }
    // Eight bytes at a time: a chart has as many times as values. Reads lie within the text, which has 20 bytes or more
    // where there is a time.
    func word(_ at: Int) -> UInt64 {
      unsafe UInt64(littleEndian: start.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    guard bytes.count >= 20 else {
      guard let date = unsafe DateTime(date: bytes) else { return nil }
      self = date
      return
    }
    guard let months = Digits(word(0), like: .yearAndMonth), let days = Digits(word(8), like: .dayAndTime),
      let clock = Digits(word(11), like: .clock),
      let date = Calendar.days(checked: months.pair(0) * 100 + months.pair(2), months.pair(5), days.pair(0))
    else { return nil }
    let (hour, minute, second) = (clock.pair(0), clock.pair(3), clock.pair(6))
    // 24:00 is not used; second 60 is a leap second and folds into the next.
    guard hour <= 23, minute <= 59, second <= 60 else { return nil }
    var at = 19
    var milliseconds = 0
    var unit = 1000
    if unsafe bytes[at] == UInt8(ascii: ".") {
      at += 1
      let first = at
      while at < bytes.count, unsafe bytes[at] &- 0x30 < 10 {
        if unit > 1 {  // digits beyond the millisecond are read and dropped
          unit /= 10
          unsafe milliseconds += Int(bytes[at] &- 0x30) * unit
        }
        at += 1
      }
      guard at > first else { return nil }
    }
    guard let zone = unsafe DateTime.zone(bytes, at) else { return nil }
    let seconds = ((date * 24 + hour) * 60 + minute - zone) * 60 + second
    let moment = Int64(seconds) * 1000 + Int64(milliseconds)
    self.init(moment, moment + Int64(unit) - 1, unit == 1000 ? .second : .millisecond, hasTimeZone: true)
  }

  /// The minutes by which the zone is ahead of UTC that the text ends with, from `at` on.
  private static func zone(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int? {
    let left = bytes.count - at
    if left == 1, unsafe bytes[at] == UInt8(ascii: "Z") { return 0 }
    guard left == 6, let hours = unsafe number(bytes, at + 1, 2), unsafe bytes[at + 3] == UInt8(ascii: ":"),
      let minutes = unsafe number(bytes, at + 4, 2), hours <= 14, minutes <= (hours == 14 ? 0 : 59)
    else { return nil }
    switch unsafe bytes[at] {
    case UInt8(ascii: "+"): return hours * 60 + minutes
    case UInt8(ascii: "-"): return -(hours * 60 + minutes)
    default: return nil
    }
  }

  /// A year, month or day alone.
  private init?(date bytes: UnsafeBufferPointer<UInt8>) {
    let dash = UInt8(ascii: "-")
    guard let year = unsafe DateTime.number(bytes, 0, 4) else { return nil }
    switch bytes.count {
    case 4:
      guard let first = Calendar.days(checked: year, 1, 1) else { return nil }
      self.init(from: first, before: Calendar.days(year + 1, 1, 1), .year)
    case 7:
      guard unsafe bytes[4] == dash, let month = unsafe DateTime.number(bytes, 5, 2),
        let first = Calendar.days(checked: year, month, 1)
      else { return nil }
      self.init(from: first, before: first + Calendar.days(in: month, of: year), .month)
    case 10:
      guard unsafe bytes[4] == dash && bytes[7] == dash, let month = unsafe DateTime.number(bytes, 5, 2),
        let day = unsafe DateTime.number(bytes, 8, 2), let date = Calendar.days(checked: year, month, day)
      else { return nil }
      self.init(from: date, before: date + 1, .day)
    default: return nil
    }
  }

  /// The number that `width` digits at `at` are; they lie within the text.
  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ width: Int) -> Int? {
    var value = 0
    for index in at..<at + width {
      let digit = unsafe bytes[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
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

/// Eight bytes of text in which digits stand where a pattern has them, and the pattern's own bytes elsewhere.
private struct Digits {
  private let pairs: UInt64

  /// A pattern in the order of memory, zeros for digits.
  struct Pattern {
    let text: UInt64
    /// What is added to what is left of each byte without the pattern: beyond 9 at a digit, and beyond 0 elsewhere, the
    /// sum has its topmost bit.
    let reach: UInt64

    /// `0000-00-`
    static let yearAndMonth = Pattern(text: 0x2D30_302D_3030_3030, reach: 0x7F76_767F_7676_7676)
    /// `00T00:00`
    static let dayAndTime = Pattern(text: 0x3030_3A30_3054_3030, reach: 0x7676_7F76_767F_7676)
    /// `00:00:00`
    static let clock = Pattern(text: 0x3030_3A30_303A_3030, reach: 0x7676_7F76_767F_7676)
  }

  init?(_ text: UInt64, like pattern: Pattern) {
    let digits = text ^ pattern.text
    guard (digits &+ pattern.reach | digits) & 0x8080_8080_8080_8080 == 0 else { return nil }
    pairs = digits &* 10 &+ digits &>> 8
  }

  /// The number that the digits at `at` and after it are.
  func pair(_ at: UInt64) -> Int { Int(pairs &>> (at &* 8) & 0xFF) }
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

  /// The same of a date that may not exist; nil where it does not. There is no year 0.
  static func days(checked year: Int, _ month: Int, _ day: Int) -> Int? {
    guard year > 0, month >= 1, month <= 12, day >= 1, day <= 28 || day <= days(in: month, of: year) else { return nil }
    return days(year, month, day)
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
