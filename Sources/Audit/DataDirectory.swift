// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation
import Glibc

/// The folder that holds the trail, its lock and its key. It is private to the user who runs the service.
package struct DataDirectory: Sendable {
  /// Path of the folder.
  package let path: String

  /// A folder, which need not exist yet.
  package init(path: String) {
    self.path = path
  }

  /// The SQLite database.
  package var trail: String { path + "/trail.sqlite" }
  /// 32 bytes, mode 0600.
  package var key: String { path + "/pseudonym.key" }
  private var lock: String { path + "/writer.lock" }

  /// Makes the folder (mode 0700) when it is missing.
  func create() throws(AuditError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }

  /// Takes the writer's lock until the handle is closed or the process ends, however it ends.
  func lockForWriting() throws(AuditError) -> FileHandle {
    let file = try openFile(lock, O_RDWR | O_CREAT)
    guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? AuditError(.secondWriter) : AuditError(.directoryUnusable, systemCode: errno)
    }
    return file
  }

  /// Gives the lock back at once. Closing alone would not: a process that is being started at this moment holds a copy of
  /// every descriptor between its fork and its exec, and the lock lives as long as the last copy.
  static func unlock(_ file: FileHandle) throws {
    flock(file.fileDescriptor, LOCK_UN)
    try file.close()
  }

  /// The pseudonym key, made at the first start.
  func loadOrCreateKey() throws(AuditError) -> (key: PseudonymKey, created: Bool) {
    if FileManager.default.fileExists(atPath: key) { return (try loadKey(), false) }
    // A new key beside an old trail would silently cut every patient's history in two.
    guard !FileManager.default.fileExists(atPath: trail) else { throw AuditError(.keyUnusable) }
    // The bytes are copied out while the key lives.
    let bytes = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) }
    do {
      // Written aside and renamed: a crash half way leaves no short key behind.
      let file = try openFile(key + ".new", O_WRONLY | O_CREAT | O_TRUNC)
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
      try file.close()
      try FileManager.default.moveItem(atPath: key + ".new", toPath: key)
      // The name is durable only when the folder is: without the key the trail's pseudonyms are lost.
      let folder = try openFile(path, O_RDONLY | O_DIRECTORY)
      try folder.synchronize()
      try folder.close()
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.keyUnusable)
    }
    return (PseudonymKey(bytes: bytes), true)
  }

  /// Reads the key and refuses one that others can read.
  package func loadKey() throws(AuditError) -> PseudonymKey {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: key),
      let permissions = attributes[.posixPermissions] as? NSNumber, permissions.intValue & 0o077 == 0,
      let bytes = FileManager.default.contents(atPath: key), bytes.count == 32
    else { throw AuditError(.keyUnusable) }
    return PseudonymKey(bytes: Array(bytes))
  }

  private func openFile(_ path: String, _ flags: Int32) throws(AuditError) -> FileHandle {
    // `open` reads the path's bytes during the call only; FileHandle offers no mode at creation.
    let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw AuditError(.directoryUnusable, systemCode: errno) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
