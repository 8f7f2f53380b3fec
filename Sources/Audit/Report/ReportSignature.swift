// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A signature beside a file: the log's key signs which file it is and up to which record it tells (C2SP signed-note).
///
/// Its text is no checkpoint: the first line is no log's name and the second no size, so the one signature never passes for the
/// other.
package struct ReportSignature: Sendable, Equatable {
  private static let header = "vigil report 1"

  /// The note as it is stored beside the file.
  package let note: SignedNote

  /// Signs a file.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - checkpoint: the checkpoint that the report was made at.
  /// - Throws: `keyUnusable`.
  package init(of bytes: [UInt8], at checkpoint: SignedNote, by signer: NoteSigner) throws(AuditError) {
    let text = Self.text(of: bytes, checkpoint: checkpoint.text)
    note = SignedNote(text: text, signatures: [try signer.sign(text)])
  }

  /// Reads a stored note; nil when it is none of a report.
  package init?(_ text: String) {
    guard let note = SignedNote(text), note.text.hasPrefix(Self.header + "\n") else { return nil }
    self.note = note
  }

  /// The checkpoint at which the report was made; nil when the note names none.
  package var checkpoint: Checkpoint? {
    let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count > 3 ? Checkpoint(text: lines[2...].joined(separator: "\n")) : nil
  }

  /// Whether one of the keys signed that this is the file.
  package func holds(for bytes: [UInt8], keys: [NoteKey]) -> Bool {
    guard let checkpoint, keys.contains(where: { $0.name == checkpoint.origin }) else { return false }
    return note.text == Self.text(of: bytes, checkpoint: checkpoint.text) && note.isSigned(by: keys)
  }

  private static func text(of bytes: [UInt8], checkpoint: String) -> String {
    "\(header)\nsha256 \(AuditRecord.hexadecimal(Array(SHA256.hash(data: bytes))))\n\(checkpoint)"
  }
}
