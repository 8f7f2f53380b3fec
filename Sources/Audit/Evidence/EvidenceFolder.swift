// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation
import Glibc

/// A folder that lies under another name while it is written, which no other has (`.part.` and a UUID), and has its own once it is whole and
/// was checked. One that is let go before is removed; what a process leaves that is killed has the other name, and nobody else removes it.
package final class EvidenceFolder {
  private let path: String
  private let part: String
  private var files: [EvidenceManifest.File] = []
  private var isMade = false
  private var isNamed = false

  /// Makes the folder under its other name, for its user alone.
  ///
  /// - Throws: `directoryUnusable` when something has the name already, or the folder cannot be made.
  package init(_ path: String) throws(AuditError) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    part = "\(path).part.\(UUID().uuidString)"
    guard !FileManager.default.fileExists(atPath: path) else { throw AuditError(.directoryUnusable) }
    try Self.make(part)
    isMade = true
  }

  deinit {
    if isMade, !isNamed { try? FileManager.default.removeItem(atPath: part) }
  }

  /// Begins a file.
  ///
  /// - Throws: `writeFailed`.
  func begin(_ name: String) throws(AuditError) -> EvidenceFile { try EvidenceFile(name, at: "\(part)/\(name)") }

  /// Ends a file, which is then named by the manifest.
  func end(_ file: EvidenceFile) throws(AuditError) {
    files.append(EvidenceManifest.File(file.name, try file.finish()))
  }

  /// Writes a whole file.
  func write(_ text: String, to name: String) throws(AuditError) {
    let file = try begin(name)
    try file.write(Array(text.utf8))
    try end(file)
  }

  /// Makes the folder of the pages.
  func makePages() throws(AuditError) { try Self.make("\(part)/\(EvidenceManifest.pages)") }

  /// Signs what was written, checks it as an examiner does, and gives the folder its name.
  ///
  /// - Parameters:
  ///   - head: the checkpoint that it was made at.
  ///   - log: the log's key at its beginning.
  /// - Throws: `treeDamaged` when it does not hold, `writeFailed`, `keyUnusable`.
  func finish(at head: SignedNote, by signer: NoteSigner, log: NoteKey) throws(AuditError) {
    let manifest = EvidenceManifest(files).text
    let signature = try FileSignature(
      of: SHA256.hash(data: Array(manifest.utf8)), as: .evidence, at: head, by: signer)
    try write(manifest, to: EvidenceManifest.name)
    try write(signature.note.description, to: EvidenceManifest.note)
    do throws(EvidenceFault) {
      _ = try EvidenceCheck(part, keys: LogKeys(log))
    } catch {
      throw AuditError(.treeDamaged)
    }
    // Thousands of pages reach the disk at once; one by one each would wait for it.
    Glibc.sync()
    guard unsafe rename(part, path) == 0 else { throw AuditError(.writeFailed, systemCode: errno) }
    isNamed = true
  }

  private static func make(_ path: String) throws(AuditError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }
}

/// A file of such a folder, hashed while it is written.
final class EvidenceFile {
  private static let piece = 1 << 18

  /// Its path in the folder.
  let name: String
  private let file: FileHandle
  private var waiting: [UInt8] = []
  private var hash = SHA256()

  fileprivate init(_ name: String, at path: String) throws(AuditError) {
    // The path's bytes are read during the call only; FileHandle offers no mode at creation.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw AuditError(.writeFailed, systemCode: errno) }
    self.name = name
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Adds bytes.
  ///
  /// - Throws: `writeFailed`.
  func write(_ bytes: [UInt8]) throws(AuditError) {
    waiting += bytes
    if waiting.count >= Self.piece { try flush() }
  }

  fileprivate func finish() throws(AuditError) -> SHA256.Digest {
    try flush()
    return hash.finalize()
  }

  private func flush() throws(AuditError) {
    hash.update(data: waiting)
    do {
      try file.write(contentsOf: Data(waiting))
    } catch {
      throw AuditError(.writeFailed)
    }
    waiting.removeAll(keepingCapacity: true)
  }
}
