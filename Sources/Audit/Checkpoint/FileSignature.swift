// SPDX-License-Identifier: Apache-2.0
package import Crypto

/// A signature beside a file: the log's key signs which file it is and up to which record it tells (C2SP signed-note).
///
/// Its text is no checkpoint: the first line is no log's name and the second no size, so the one signature never passes for the
/// other.
package struct FileSignature: Sendable, Equatable {
  /// What is signed, by its first line; permanent.
  package enum Subject: String, Sendable {
    /// A report.
    case report = "vigil report 1"
    /// The manifest of records for somebody outside.
    case evidence = "vigil evidence 1"
  }

  private let subject: Subject
  /// The note as it is stored beside the file.
  package let note: SignedNote

  /// Signs a file.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the file.
  ///   - checkpoint: the checkpoint that the file was made at.
  /// - Throws: `keyUnusable`.
  package init(
    of digest: SHA256.Digest, as subject: Subject, at checkpoint: SignedNote, by signer: NoteSigner
  ) throws(AuditError) {
    self.subject = subject
    let text = Self.text(of: digest, as: subject, checkpoint: checkpoint.text)
    note = SignedNote(text: text, signatures: [try signer.sign(text)])
  }

  /// Reads a stored note; nil when it is none of such a file.
  package init?(_ text: String, as subject: Subject) {
    guard let note = SignedNote(text), note.text.hasPrefix(subject.rawValue + "\n") else { return nil }
    self.subject = subject
    self.note = note
  }

  /// The checkpoint at which the file was made; nil when the note names none.
  package var checkpoint: Checkpoint? {
    let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count > 3 ? Checkpoint(text: lines[2...].joined(separator: "\n")) : nil
  }

  /// Whether the log's key signed that this is the file: the key that signs what is recorded behind the checkpoint, so that one that
  /// was given up before signs no file any more.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the file.
  ///   - keys: the log's.
  package func holds(for digest: SHA256.Digest, keys: LogKeys) -> Bool {
    guard let checkpoint, checkpoint.size < .max, let key = keys.inForce(at: checkpoint.size + 1), key.kind == .log,
      key.name == checkpoint.origin
    else { return false }
    return note.text == Self.text(of: digest, as: subject, checkpoint: checkpoint.text) && note.isSigned(by: [key])
  }

  private static func text(of digest: SHA256.Digest, as subject: Subject, checkpoint: String) -> String {
    "\(subject.rawValue)\nsha256 \(AuditRecord.hexadecimal(Array(digest)))\n\(checkpoint)"
  }
}
