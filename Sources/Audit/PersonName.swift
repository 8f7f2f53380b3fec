// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Names of people as a site gives them, and when two of them are one person's (`docs/decisions/0042`). It is no authentication.
package enum PersonName {
  /// Whether anything can be read in a name.
  package static func isName(_ name: String) -> Bool { !folded(name).isEmpty }

  /// Names are the site's; case, spaces, what shows nothing and another way to encode a letter make nobody another person.
  package static func isSame(_ one: String, _ other: String) -> Bool { folded(one) == folded(other) }

  /// NFKC and lower case, of which nothing is left that is space, control, format or default-ignorable (Unicode UAX #15, #44).
  private static func folded(_ name: String) -> String {
    var folded = ""
    // Lower case may take a letter apart again.
    let text = name.precomposedStringWithCompatibilityMapping.lowercased().precomposedStringWithCompatibilityMapping
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      guard !properties.isDefaultIgnorableCodePoint, !properties.isWhitespace,
        ![.control, .format].contains(properties.generalCategory)
      else { continue }
      folded.unicodeScalars.append(scalar)
    }
    return folded
  }
}
