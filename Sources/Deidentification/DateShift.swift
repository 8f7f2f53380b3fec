// SPDX-License-Identifier: Apache-2.0
import FHIR

/// The dates of one patient, moved by one number of days: intervals, times of day and zones stay, so ages, hours and trends do.
struct DateShift: Sendable {
  /// Ages above are one: 90 or older (45 CFR 164.514(b)(2)(i)(C)).
  static let oldestAge = 89

  /// Whole days by which dates move.
  let days: Int
  /// Days since 1970 of the assessment: ages are told on it.
  let reference: Int

  init(days: Int, at instant: Instant) {
    self.days = days
    reference = Self.day(instant)
  }

  /// A moment moved.
  func moved(_ instant: Instant) -> Instant {
    Instant(milliseconds: instant.milliseconds + Int64(days) * 86_400_000)
  }

  /// A date or time moved; nil for what is none, and for what lies so far back that it tells an age over 89.
  func moved(_ text: String) -> String? {
    guard let value = DateTime(text), Self.day(value.latest) > reference - (Self.oldestAge + 1) * 365 else {
      return nil
    }
    return DateTime.shift(text, bySeconds: Int64(days) * 86_400)
  }

  /// A birth date moved so that the completed years are the same on the day of the assessment and on days around it; of who is
  /// older than 89 one that says 90. Nil for what is no date.
  func birthDate(_ text: String) -> (text: String, isCapped: Bool)? {
    guard let value = DateTime(text), value.precision <= .day, Self.day(value.earliest) <= reference else { return nil }
    let born = text.split(separator: "-").compactMap { Int($0) }
    let (now, then) = (Self.date(reference), Self.date(reference + days))
    switch value.precision {
    case .year:
      let age = now.year - born[0]
      return (Self.padded(then.year - min(age, Self.oldestAge + 1), 4), age > Self.oldestAge)
    case .month:
      let months = (now.year - born[0]) * 12 + now.month - born[1]
      let limit = (Self.oldestAge + 1) * 12
      let month = then.year * 12 + then.month - 1 - min(months, limit)
      return ("\(Self.padded(month / 12, 4))-\(Self.padded(month % 12 + 1, 2))", months >= limit)
    default:
      var years = now.year - born[0]
      if Self.day(born[0] + years, born[1], born[2]) > reference { years -= 1 }
      guard years <= Self.oldestAge else {
        return (Self.text(Self.oldestAge + 1, before: reference + days), true)
      }
      // From the nearer birthday, so that leap days between here and the other do not count.
      let since = reference - Self.day(born[0] + years, born[1], born[2])
      let until = Self.day(born[0] + years + 1, born[1], born[2]) - reference
      let text =
        since <= until
        ? Self.text(years, before: reference + days - since) : Self.text(years + 1, before: reference + days + until)
      return (text, false)
    }
  }

  // MARK: - Days and dates

  static func day(_ instant: Instant) -> Int {
    Int((Double(instant.milliseconds) / 86_400_000).rounded(.down))
  }

  /// The day of a date; of 29 February in a common year the day after the 28th, on which a year of life is completed.
  private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    if let date = DateTime(text) { return Self.day(date.earliest) }
    return DateTime("\(padded(year, 4))-03-01").map { Self.day($0.earliest) } ?? 0
  }

  private static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
    let text = Instant(milliseconds: Int64(day) * 86_400_000).description
    let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
    return parts.count == 3 ? (parts[0], parts[1], parts[2]) : (1970, 1, 1)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The date that lies so many years before a day.
  private static func text(_ years: Int, before day: Int) -> String {
    let date = date(day)
    let start = Self.date(Self.day(date.year - years, date.month, date.day))
    return "\(padded(start.year, 4))-\(padded(start.month, 2))-\(padded(start.day, 2))"
  }
}
