// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// How every command reads what it puts on record.
extension RecordedText {
  /// A name of an argument.
  static func name(_ argument: String) throws -> String {
    guard isName(argument) else { throw ValidationError("a name has 1 to \(longestName) characters") }
    return argument
  }

  /// The name of a case of an argument, in one form (NFC) however its letters are put together: it is searched for by its bytes.
  static func caseName(_ argument: String) throws -> String {
    try name(argument.precomposedStringWithCanonicalMapping)
  }

  /// A reason, meaning or comment of an argument.
  static func text(_ argument: String) throws -> String {
    guard isText(argument) else { throw ValidationError("a text has 1 to \(longestText) characters") }
    return argument
  }
}
