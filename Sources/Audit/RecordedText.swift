// SPDX-License-Identifier: Apache-2.0

/// What a person says to the trail: it stands in a leaf for ever, or lies beside it, so it says something and has an end. Characters are counted as
/// Unicode scalars, of which none is more than four bytes.
package enum RecordedText {
  /// Characters of a name: of a person, or of a purpose.
  package static let longestName = 128
  /// Characters of a reason, a meaning, a comment, a note or an amendment.
  package static let longestText = 1024

  /// Whether a name may go on record.
  package static func isName(_ name: String) -> Bool { PersonName.isName(name) && isAtMost(longestName, name) }

  /// Whether a text may.
  package static func isText(_ text: String) -> Bool {
    text.contains { !$0.isWhitespace } && isAtMost(longestText, text)
  }

  /// Whether all that a person said of an entry may.
  static func isBounded(_ entry: AuditEntry) -> Bool {
    isAtMost(longestName, entry.origin) && isAtMost(longestName, entry.signature?.name)
      && isAtMost(longestText, entry.reason) && isAtMost(longestText, entry.note)
      && isAtMost(longestText, entry.payload?.amendment)
      && (entry.legalCase.map(isName) ?? true)
  }

  private static func isAtMost(_ longest: Int, _ text: String?) -> Bool {
    // Counting stops where there are too many.
    (text ?? "").unicodeScalars.dropFirst(longest).isEmpty
  }
}
