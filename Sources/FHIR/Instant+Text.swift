// SPDX-License-Identifier: Apache-2.0

extension Instant: CustomStringConvertible {
  /// The moment in an RFC 3339 text with a zone, as a FHIR `instant`; its first moment where digits are missing
  /// below the millisecond. Nil for dates without a time.
  package init?(_ text: String) {
    guard let value = DateTime(text), value.precision >= .second else { return nil }
    self = value.earliest
  }

  /// RFC 3339 in UTC: `2026-03-01T07:30:00Z`, with `.sss` only where milliseconds are not zero.
  package var description: String {
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let day = milliseconds >= 0 ? milliseconds / 86_400_000 : (milliseconds - 86_399_999) / 86_400_000
    let rest = Int(milliseconds - day * 86_400_000)
    let date = Calendar.date(Int(day))
    var text = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
    text += "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
    if rest % 1000 != 0 { text += "." + padded(rest % 1000, 3) }
    return text + "Z"
  }
}
