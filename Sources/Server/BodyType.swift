// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What a body is written in, as far as this service reads it.
enum BodyType {
  /// The syntax that a `Content-Type` names among those a route reads; nil for any other.
  ///
  /// Parameters other than `charset` (such as `fhirVersion`) are passed over; a charset other than UTF-8 is refused, since
  /// FHIR knows no other (R4 http.html#mime-type).
  static func syntax(of contentType: String?, in known: [String: Syntax]) -> Syntax? {
    guard let contentType else { return nil }
    let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0).lowercased() }
    for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
      let charset = parameter.dropFirst("charset=".count).filter { $0 != "\"" }
      guard charset == "utf-8" || charset == "utf8" else { return nil }
    }
    return parts.first.flatMap { known[$0] }
  }

  /// The syntaxes FHIR's REST interface is asked for by (R4 http.html#mime-type).
  static let fhir: [String: Syntax] = [
    "application/fhir+json": .json, "application/json": .json, "text/json": .json,
    "application/fhir+xml": .xml, "application/xml": .xml, "text/xml": .xml,
  ]

  /// CDS Hooks speaks JSON only; some clients call it what it holds.
  static let hook: [String: Syntax] = ["application/json": .json, "application/fhir+json": .json]

  /// The syntax to answer in: the one `Accept` weighs most, the request's own when it has no preference; nil when it accepts
  /// neither (RFC 9110 section 12.5.1).
  static func accepted(_ accept: String?, like request: Syntax) -> Syntax? {
    guard let accept, !accept.isEmpty else { return request }
    var best: (syntax: Syntax, weight: Double)?
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
      let weight = parts.first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      let syntax: Syntax? =
        switch parts.first {
        case "*/*", "application/*": request
        case let name?: fhir[name]
        case nil: nil
        }
      guard let syntax, weight > 0, weight > best?.weight ?? 0 else { continue }
      best = (syntax, weight)
    }
    return best?.syntax
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
