// SPDX-License-Identifier: Apache-2.0
import Networks

/// Numbers as a person reads them, whatever the locale of the machine: a point, no grouping.
package enum DecimalText {
  /// A probability in per cent: whole above 10, one decimal below; never 0 and never 100.
  package static func percent(_ probability: Double) -> String {
    let percent = probability * 100
    if percent < 0.1 { return "< 0.1 %" }
    if percent > 99 { return "> 99 %" }
    if percent < 9.95 { return "\(fixed(percent, decimals: 1)) %" }
    return "\(fixed(percent, decimals: 0)) %"
  }

  /// A measured value to four significant digits, without trailing zeros.
  package static func measured(_ value: Double) -> String {
    guard value.isFinite else { return "not a number" }
    let size = abs(value)
    let decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
    let text = fixed(value, decimals: decimals)
    guard text.contains(".") else { return text }
    var trimmed = text[...]
    while trimmed.last == "0" { trimmed.removeLast() }
    if trimmed.last == "." { trimmed.removeLast() }
    return trimmed == "-0" ? "0" : String(trimmed)
  }

  /// Hours as whole hours, or days from 72 h on.
  package static func age(_ hours: Double) -> String {
    if hours < 1 { return "\(fixed(hours * 60, decimals: 0)) min" }
    return hours < 72 ? "\(fixed(hours, decimals: 0)) h" : "\(fixed(hours / 24, decimals: 0)) days"
  }

  /// A factor: two decimals below 10, one below 100.
  package static func factor(_ value: Double) -> String {
    "× \(fixed(value, decimals: value < 9.995 ? 2 : value < 99.95 ? 1 : 0))"
  }

  /// What a part of the log-odds does to the odds.
  package static func oddsFactor(_ contribution: Double) -> Double { Elementary.exp(contribution) }

  /// With a fixed number of decimals, the half away from zero.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value * scale).rounded(.toNearestOrAwayFromZero)
    guard abs(scaled) < 1e15 else { return "\(value)" }
    let digits = String(Int64(abs(scaled)))
    let sign = scaled < 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// A UCUM unit as it is written at the bedside; others as they are.
  package static func unit(_ ucum: String) -> String {
    switch ucum {
    case "1", "{score}", "[pH]": ""
    case "mm[Hg]": "mmHg"
    case "cm[H2O]": "cmH₂O"
    case "Cel": "°C"
    case "/min", "{beats}/min", "{breaths}/min": "/min"
    case "10*3/uL": "10³/µL"
    case "10*9/L": "10⁹/L"
    case "ug/L": "µg/L"
    case "meq/L": "mEq/L"
    case "a": "years"
    default: ucum
    }
  }
}
