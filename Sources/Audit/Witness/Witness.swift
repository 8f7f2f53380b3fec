// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import Foundation

/// Cosigns the checkpoints of logs it knows, each only when it grows out of the one before (C2SP tlog-witness): with a witness
/// elsewhere a log cannot be cut, rewritten or shown in two versions, not even by someone who has all its keys.
package actor Witness {
  /// An answer to `add-checkpoint`.
  package struct Answer: Sendable, Equatable {
    /// HTTP status, by the specification's table.
    package var status: Int
    /// Cosignature lines, the size that was cosigned last, or why not.
    package var body: String

    /// An answer of its parts.
    package init(status: Int, body: String) {
      self.status = status
      self.body = body
    }

    /// `text/x.tlog.size` for a size, else plain text.
    package var mediaType: String { status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8" }
  }

  private let signer: NoteSigner
  private let logs: [String: [NoteKey]]
  private let directory: DataDirectory
  /// Two processes on one folder could cosign two histories.
  private let lock: FileHandle

  /// - Parameters:
  ///   - signer: a key of kind `witness`.
  ///   - logs: keys of the logs it cosigns; several of one name when a key was rotated.
  ///   - directory: where the last checkpoint of each log is kept.
  /// - Throws: `secondWriter`, `directoryUnusable`.
  package init(signer: NoteSigner, logs: [NoteKey], directory: DataDirectory) throws(AuditError) {
    self.signer = signer
    self.logs = Dictionary(grouping: logs, by: \.name)
    self.directory = directory
    try directory.create()
    lock = try directory.lockForWriting()
  }

  /// Lets another process witness in this folder.
  package func close() throws(AuditError) {
    do {
      try DataDirectory.unlock(lock)
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }

  /// Checks and cosigns one checkpoint; the actor makes check and record one step.
  ///
  /// - Parameter now: stands in the cosignature.
  package func addCheckpoint(_ body: String, at now: Instant) -> Answer {
    guard let request = AddCheckpointRequest(body: body), let new = Checkpoint(text: request.checkpoint.text) else {
      return Answer(status: 400, body: "not an add-checkpoint request\n")
    }
    guard let keys = logs[new.origin] else { return Answer(status: 404, body: "unknown log\n") }
    guard request.checkpoint.isSigned(by: keys) else { return Answer(status: 403, body: "not signed by the log\n") }
    guard request.old <= new.size else { return Answer(status: 400, body: "the old size is larger than the new\n") }
    let last: Checkpoint?
    do throws(AuditError) {
      last = try stored(new.origin)
    } catch {
      return Answer(status: 500, body: "\(error.code.rawValue)\n")
    }
    if let refusal = Self.refusal(request, new, after: last) { return refusal }
    do throws(AuditError) {
      let cosignature = try signer.cosign(request.checkpoint.text, at: now)
      let kept = SignedNote(
        text: request.checkpoint.text,
        signatures: request.checkpoint.signatures.filter { signature in
          keys.contains { $0.name == signature.name && $0.id == signature.keyID }
        } + [cosignature])
      // On the disk before it is said: a witness that forgets could sign a second history.
      try directory.write(Array(kept.description.utf8), to: path(new.origin))
      return Answer(status: 200, body: cosignature.line)
    } catch {
      return Answer(status: 500, body: "\(error.code.rawValue)\n")
    }
  }

  /// Why a checkpoint does not follow the last one; nil when it does.
  private static func refusal(_ request: AddCheckpointRequest, _ new: Checkpoint, after last: Checkpoint?) -> Answer? {
    let size = last?.size ?? 0
    let conflict = Answer(status: 409, body: "\(size)\n")
    let unproved = Answer(status: 422, body: "the proof does not hold\n")
    guard request.old == size else { return conflict }
    guard size > 0 else {
      // Of nothing there is no proof; but the tree of no leaves has one root.
      guard request.proof.isEmpty, new.size > 0 || new.root == .empty else { return unproved }
      return nil
    }
    guard let last else { return nil }
    if new.size == size {
      guard new.root == last.root else { return conflict }
      return request.proof.isEmpty ? nil : unproved
    }
    let isConsistent = MerkleProof.isConsistent(
      old: size, oldRoot: last.root, size: new.size, root: new.root, proof: request.proof)
    return isConsistent ? nil : unproved
  }

  private func path(_ origin: String) -> String {
    let digest = Array(SHA256.hash(data: Array(origin.utf8)))
    return "\(directory.path)/\(AuditRecord.hexadecimal(digest)).checkpoint"
  }

  /// The last checkpoint it cosigned for a log; a file that cannot be read must not pass for none.
  private func stored(_ origin: String) throws(AuditError) -> Checkpoint? {
    let path = path(origin)
    guard let bytes = try DataDirectory.bytesIfPresent(path) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self), let note = SignedNote(text),
      let checkpoint = Checkpoint(text: note.text), checkpoint.origin == origin, note.isSigned(by: [signer.key])
    else { throw AuditError(.readFailed) }
    return checkpoint
  }
}
