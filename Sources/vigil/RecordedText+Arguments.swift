// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// How every command reads what it puts on record.
extension RecordedText {
  /// A name of an argument.
  static func name(_ argument: String) throws -> String {
    guard isName(argument) else { throw ValidationError("a name has 1 to \(longestName) characters") }
    return argument
  }

  /// A reason, meaning or comment of an argument.
  static func text(_ argument: String) throws -> String {
    guard isText(argument) else { throw ValidationError("a text has 1 to \(longestText) characters") }
    return argument
  }
}
