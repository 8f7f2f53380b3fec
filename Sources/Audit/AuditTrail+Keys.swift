// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditTrail {
  /// Gives the log a new key for its checkpoints, under the same name. The record that introduces it is covered by a checkpoint
  /// of the old key; all later ones are of the new.
  ///
  /// A crash between the record and the new file is mended at the next start, which finds the key beside.
  ///
  /// - Returns: the new public key and the number of the record.
  package func rotateCheckpointKey(_ deed: Deed) async throws(AuditError) -> (key: NoteKey, sequence: Int64) {
    guard let next = NoteSigner(name: logKey.name, kind: .log) else { throw AuditError(.keyUnusable) }
    try directory.writeNextCheckpointKey(next)
    let sequence = try await append(deed.entry(.key, note: next.key.vkey)) { _, _ in }
    // Also when the file cannot be put in its place: the record says that the next head is of the new key.
    sign(with: next)
    directory.adoptNextCheckpointKey(introduced: next.key.vkey)
    guard try directory.loadCheckpointKey().key == next.key else { throw AuditError(.keyUnusable) }
    return (next.key, sequence)
  }
}
