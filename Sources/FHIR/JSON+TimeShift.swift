// SPDX-License-Identifier: Apache-2.0

extension JSON {
  /// The same value with every date, dateTime and instant in it moved by `seconds`.
  ///
  /// Each keeps its precision, its zone and its fraction of a second as written, so that intervals stay what they
  /// were: an age, an hour of the stay. Dates without a time move by the nearest number of whole days. Strings with a
  /// time or a full date are moved whatever element they stand in; a year or a month alone only in elements that
  /// hold dates, for elsewhere `2009` may be anything.
  package func shifted(bySeconds seconds: Int64) -> JSON { shifted(bySeconds: seconds, in: "") }

  private func shifted(bySeconds seconds: Int64, in element: String) -> JSON {
    switch self {
    case .object(let members):
      .object(members.map { Member($0.name, $0.value.shifted(bySeconds: seconds, in: $0.name)) })
    case .array(let entries): .array(entries.map { $0.shifted(bySeconds: seconds, in: element) })
    case .string(let text):
      if let precision = DateTime(text)?.precision, precision >= .day || Self.holdsDates(element),
        let moved = DateTime.shift(text, bySeconds: seconds)
      {
        .string(moved)
      } else {
        self
      }
    case .number, .boolean, .null: self
    }
  }

  /// R4 names its date elements `...Date`, `...DateTime` and the few below (Period.start and end, Timing.event).
  private static func holdsDates(_ element: String) -> Bool {
    element.hasSuffix("Date") || element.hasSuffix("DateTime")
      || ["start", "end", "date", "recorded", "issued", "event"].contains(element)
  }
}

extension DateTime {
  /// `text`, a FHIR date or dateTime, moved by `seconds` (dates by the nearest number of whole days, months and years
  /// by what their first moment becomes). Nil when it is none, or would leave the years 1 to 9999.
  package static func shift(_ text: String, bySeconds seconds: Int64) -> String? {
    guard let value = DateTime(text), abs(seconds) < 400_000_000_000 else { return nil }
    if value.precision <= .day {
      let days = Int((Double(seconds) / 86_400).rounded())
      // The first moment of a date is a whole number of days from the epoch.
      let date = Calendar.date(Int(value.earliest.milliseconds / 86_400_000) + days)
      guard (1...9999).contains(date.year) else { return nil }
      let moved = Instant(milliseconds: value.earliest.milliseconds + Int64(days) * 86_400_000).description
      return String(moved.prefix(text.utf8.count))
    }
    // The text's own clock: 19 characters, then the fraction and the zone, which stay.
    guard let clock = DateTime(String(text.prefix(19)) + "Z") else { return nil }
    let local = Instant(milliseconds: clock.earliest.milliseconds + seconds * 1000).description
    guard local.utf8.count == 20, !local.hasPrefix("0000") else { return nil }
    return String(local.prefix(19)) + String(text.dropFirst(19))
  }
}
