// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A checkpoint as a page to print and file, for a site without a network: what is on paper cannot be rewritten with the trail.
package struct CheckpointPage: Sendable {
  private let note: SignedNote
  private let key: NoteKey

  /// - Parameters:
  ///   - note: a checkpoint with its signatures.
  ///   - key: the key that the log began with.
  package init(note: SignedNote, key: NoteKey) {
    self.note = note
    self.key = key
  }

  /// The page: the lines themselves, the root once more in groups that are easy to compare by eye, room for names.
  package var html: String {
    let checkpoint = Checkpoint(text: note.text)
    let digits = Array(AuditRecord.hexadecimal(checkpoint?.root.bytes ?? []))
    let groups = stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<min($0 + 4, digits.count)]) }
    return HTML.page(
      title: "Checkpoint of the audit trail",
      """
      <p>\(checkpoint?.size ?? 0) records of <b>\(HTML.escaped(checkpoint?.origin ?? ""))</b>. Typed in or scanned into a file, the
      lines below are what <code>vigil audit verify --checkpoint FILE</code> takes; whoever compares by eye compares the root.</p>
      <pre>\(HTML.escaped(note.description))</pre>
      <p class="mono">\(groups.joined(separator: " "))</p>
      <p>The key that the log began with:</p>
      <pre>\(HTML.escaped(key.vkey))</pre>
      <table><tr><td>Filed by<br><br></td><td>Date<br><br></td><td>Signature<br><br></td></tr></table>
      """)
  }
}
