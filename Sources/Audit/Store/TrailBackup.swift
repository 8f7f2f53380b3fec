// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Glibc

/// A copy of a trail that was whole at one moment, made while a service goes on writing, and verified before it has its name. It lies in
/// SQLite, wherever the trail does.
///
/// The keys are not in it: a copy that lies beside its keys would keep what an erasure destroys.
package struct TrailBackup: Sendable {
  /// What the copy was found to be.
  package let verification: TrailVerification

  /// Copies the trail of `source` into a folder that does not exist yet.
  ///
  /// The copy is made in a folder of another name beside it, flushed, verified, and renamed: one that was cut short never has the name.
  ///
  /// - Parameters:
  ///   - destination: path of the folder to make.
  ///   - anchors: what the copy is held against; a copy that is not intact is removed again.
  /// - Throws: `directoryUnusable` when the folder exists or cannot be made, `rootKeyUnfinished` while the root key is replaced,
  ///   `readFailed`, `writeFailed`.
  package init(
    of source: DataDirectory, to destination: String, against anchors: TrailVerification.Anchors
  ) throws(AuditError) {
    let part = DataDirectory(path: destination + ".part")
    guard !FileManager.default.fileExists(atPath: destination) else { throw AuditError(.directoryUnusable) }
    try? FileManager.default.removeItem(atPath: part.path)
    do throws(AuditError) {
      try part.create()
      try Self.copy(source, to: part)
      verification = try TrailVerification(part, against: anchors)
      guard verification.isIntact else {
        try? FileManager.default.removeItem(atPath: part.path)
        return
      }
      try Self.flush(part.trail)
      try Self.flush(part.path)
      guard unsafe rename(part.path, destination) == 0 else { throw AuditError(.writeFailed, systemCode: errno) }
      try Self.flush(URL(filePath: destination).deletingLastPathComponent().path)
    } catch {
      try? FileManager.default.removeItem(atPath: part.path)
      throw error
    }
  }

  private static func copy(_ source: DataDirectory, to part: DataDirectory) throws(AuditError) {
    let from: any TrailStore
    do {
      from = try source.openForReading()
    } catch {
      throw AuditTrail.failure(error, .readFailed)
    }
    do {
      let copy: DatabaseQueue
      if let from = from as? SQLiteStore {
        copy = try DatabaseQueue(path: part.trail)
        try from.queue.backup(to: copy)
      } else {
        let target = try SQLiteStore(writing: part.trail)
        copy = target.queue
        try from.read { source in try target.write { try TrailCopy.copy(source, into: $0) } }
      }
      // Its data keys would be under two root keys, of which soon there is one.
      let replacement = try RootKeyReplacement.newest { work in try copy.read { try work($0) } }
      guard replacement?.step != .begun else { throw AuditError(.rootKeyUnfinished) }
      // One file without a log beside it, which opens in a folder that nobody can write to.
      try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
      try copy.close()
      if unsafe chmod(part.trail, 0o600) != 0 { throw AuditError(.writeFailed, systemCode: errno) }
    } catch {
      throw AuditTrail.failure(error, .writeFailed)
    }
  }

  /// Has a file or folder on the disk.
  private static func flush(_ path: String) throws(AuditError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw AuditError(.writeFailed, systemCode: errno) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw AuditError(.writeFailed, systemCode: errno) }
  }
}
