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
    let day = milliseconds >= 0 ? milliseconds / 86_400_000 : (milliseconds - 86_399_999) / 86_400_000
    let rest = Int(milliseconds - day * 86_400_000)
    let date = Calendar.date(Int(day))
    var text: [UInt8] = []
    text.reserveCapacity(24)
    func append(_ value: Int, _ width: Int, then mark: Unicode.Scalar) {
      var power = width == 2 ? 10 : width == 3 ? 100 : 1000
      while power > 0 {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / power % 10))
        power /= 10
      }
      text.append(UInt8(ascii: mark))
    }
    if (0...9999).contains(date.year) {
      append(date.year, 4, then: "-")
    } else {
      text += Array("\(date.year)-".utf8)
    }
    append(date.month, 2, then: "-")
    append(date.day, 2, then: "T")
    append(rest / 3_600_000, 2, then: ":")
    append(rest / 60_000 % 60, 2, then: ":")
    append(rest / 1000 % 60, 2, then: rest % 1000 == 0 ? "Z" : ".")
    if rest % 1000 != 0 { append(rest % 1000, 3, then: "Z") }
    return String(decoding: text, as: UTF8.self)
  }
}
