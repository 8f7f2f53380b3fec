// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

extension HTML {
  /// A number to some significant digits, without trailing zeros, whatever the locale; empty for none. The record in JSON has all of
  /// them.
  static func number(_ value: JSON?, digits: Int = 4) -> String {
    guard case .number(let literal)? = value else { return text(value) }
    return Double(literal).map { rounded($0, digits: digits) } ?? escaped(literal)
  }

  /// A probability in per cent, to three significant digits; never 0 or 100 where it is not.
  static func percent(_ value: JSON?) -> String {
    guard case .number(let literal)? = value, let probability = Double(literal) else { return text(value) }
    return percent(probability)
  }

  static func percent(_ probability: Double) -> String {
    if probability > 0, probability < 0.0001 { return "&lt; 0.01 %" }
    if probability < 1, probability > 0.9995 { return "&gt; 99.9 %" }
    return "\(rounded(probability * 100, digits: 3)) %"
  }

  /// The probability of natural log-odds, in per cent.
  static func percent(logOdds value: JSON?) -> String {
    guard case .number(let literal)? = value, let logOdds = Double(literal) else { return "" }
    return percent(1 / (1 + exp(-logOdds)))
  }

  private static func rounded(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value != 0, abs(value) < 1e12 else { return value == 0 ? "0" : "\(value)" }
    let (size, least) = (abs(value), (1..<digits).reduce(1.0) { scale, _ in scale * 10 })
    var (scale, decimals) = (1.0, 0)
    while size * scale < least, decimals < 12 { (scale, decimals) = (scale * 10, decimals + 1) }
    let whole = String(Int64((size * scale).rounded(.toNearestOrAwayFromZero)))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
    var text = padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
    if decimals > 0 {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return (value < 0 ? "-" : "") + text
  }
}
