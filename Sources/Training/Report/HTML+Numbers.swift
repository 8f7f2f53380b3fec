// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation

extension HTML {
  /// A number with so many decimals; the minus sign is a real one.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    guard text.hasPrefix("-") else { return text }
    let isZero = text.dropFirst().allSatisfy { $0 == "0" || $0 == "." }
    return (isZero ? "" : "\u{2212}") + text.dropFirst()
  }

  /// A whole number in groups of three digits, held together by narrow spaces.
  package static func grouped(_ value: Int) -> String {
    var digits = Array(String(abs(value)))
    var place = digits.count - 3
    while place > 0 {
      digits.insert("\u{202F}", at: place)
      place -= 3
    }
    return (value < 0 ? "\u{2212}" : "") + String(digits)
  }

  /// A share in per cent.
  package static func percent(_ share: Double, _ decimals: Int = 1) -> String { fixed(share * 100, decimals) + " %" }
}
