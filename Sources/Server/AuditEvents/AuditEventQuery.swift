// SPDX-License-Identifier: Apache-2.0

/// The query of `GET /fhir/AuditEvent`: what is searched for, and which page.
struct AuditEventQuery: Equatable {
  private static let usualCount = 50, mostCount = 500

  /// Names and values of the search parameters, in order.
  private(set) var parameters: [Parameter] = []
  /// AuditEvents on a page.
  private(set) var count = usualCount
  /// Where the page begins; nil for the newest.
  private(set) var before: Int64?
  /// The query without the page, as it came: what links to other pages keep.
  private(set) var kept: [Substring] = []

  /// One search parameter.
  struct Parameter: Equatable {
    var name: String
    var value: String
  }

  /// Nil for a query that is no form, and for a page that is none.
  init?(_ query: String?) {
    for part in (query ?? "").split(separator: "&", omittingEmptySubsequences: true) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let name = Self.unescaped(sides[0]), let value = Self.unescaped(sides[1]) else {
        return nil
      }
      // R4 http.html#search: empty parameters are not an error, they are just ignored.
      guard !value.isEmpty else { continue }
      switch name {
      case "_count":
        guard let number = Int(value), number > 0 else { return nil }
        count = min(number, Self.mostCount)
        kept.append(part)
      case "_before":
        guard let number = Int64(value), number > 0 else { return nil }
        before = number
      case "_format":
        guard value.contains("json") else { return nil }
        kept.append(part)
      default:
        parameters.append(Parameter(name: name, value: value))
        kept.append(part)
      }
    }
  }

  /// Percent signs and pluses as forms write them; nil for what is no UTF-8.
  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2)
        guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
