// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// `root.key`: one key, and while that is replaced the new one before it. Both are in one file, which is written whole and renamed, so
/// that no moment and no copy of the folder has data keys without what opens them.
extension DataDirectory {
  /// The keys, the newest first.
  ///
  /// - Throws: `keyUnusable` when the file is missing, damaged or readable by others.
  func loadRootKeys() throws(AuditError) -> [RootKey] {
    let bytes = try privateBytes(rootKey)
    guard bytes.count == RootKey.length || bytes.count == 2 * RootKey.length else { throw AuditError(.keyUnusable) }
    return stride(from: 0, to: bytes.count, by: RootKey.length).map { start in
      RootKey(bytes: Array(bytes[start..<(start + RootKey.length)]))
    }
  }

  /// Makes the key that is to be in force next and lays it before the one that is; nothing where there are two already.
  ///
  /// - Returns: whether it was made.
  /// - Throws: `keyUnusable`, `directoryUnusable`.
  @discardableResult
  package func prepareRootKey() throws(AuditError) -> Bool {
    try changeRootKeys { $0.count == 1 ? [RootKey()] + $0 : $0 }
  }

  /// Whether the file holds one key, as when none is being replaced or prepared.
  ///
  /// - Throws: `keyUnusable`.
  package func hasOneRootKey() throws(AuditError) -> Bool { try loadRootKeys().count == 1 }

  /// Takes the old key away behind the new one. A key that was prepared since stays before it.
  ///
  /// - Throws: `keyUnusable` when the file did not hold the new one any more; now it does.
  package func keepRootKey(_ key: RootKey, insteadOf old: RootKey) throws(AuditError) {
    var isThere = false
    try changeRootKeys { keys in
      isThere = keys.contains(key)
      return keys == [key, old] ? [key] : isThere ? keys : [key] + keys.prefix(1)
    }
    guard isThere else { throw AuditError(.keyUnusable) }
  }

  /// Lays a key before the others that the file does not hold any more.
  func holdRootKey(_ key: RootKey) throws(AuditError) {
    try changeRootKeys { $0.contains(key) ? $0 : [key] + $0.prefix(1) }
  }

  /// Writes the file anew when that is another. Of processes that do so one does it at a time.
  ///
  /// - Returns: whether it was another.
  @discardableResult
  private func changeRootKeys(_ change: ([RootKey]) -> [RootKey]) throws(AuditError) -> Bool {
    let folder = try openFile(path, O_RDONLY | O_DIRECTORY)
    defer { try? Self.unlock(folder) }
    guard flock(folder.fileDescriptor, LOCK_EX) == 0 else { throw AuditError(.directoryUnusable, systemCode: errno) }
    let keys = try loadRootKeys()
    let changed = change(keys)
    guard changed != keys else { return false }
    try write(changed.flatMap(\.bytes), to: rootKey)
    return true
  }
}
