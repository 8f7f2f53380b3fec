// SPDX-License-Identifier: Apache-2.0
package import Crypto

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
  ///   - digest: SHA-256 of the file.
  ///   - checkpoint: the checkpoint that the report was made at.
  /// - Throws: `keyUnusable`.
  package init(
    of digest: SHA256.Digest, at checkpoint: SignedNote, by signer: NoteSigner
  ) throws(AuditError) {
    let text = Self.text(of: digest, checkpoint: checkpoint.text)
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

  /// Whether the log's key signed that this is the file: the key that signs what is recorded behind the checkpoint, so that one that
  /// was given up before signs no report any more.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the file.
  ///   - keys: the log's.
  package func holds(for digest: SHA256.Digest, keys: LogKeys) -> Bool {
    guard let checkpoint, let key = keys.inForce(at: checkpoint.size + 1), key.kind == .log,
      key.name == checkpoint.origin
    else { return false }
    return note.text == Self.text(of: digest, checkpoint: checkpoint.text) && note.isSigned(by: [key])
  }

  private static func text(of digest: SHA256.Digest, checkpoint: String) -> String {
    "\(header)\nsha256 \(AuditRecord.hexadecimal(Array(digest)))\n\(checkpoint)"
  }
}
