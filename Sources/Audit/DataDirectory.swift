// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation
import Glibc

/// The folder that holds the trail, its lock and its keys. It is private to the user who runs the service.
package struct DataDirectory: Sendable {
  /// Path of the folder.
  package let path: String
  /// How long PostgreSQL may take for an answer, or for all of a commit, while somebody at a bedside waits.
  package let patience: Duration

  /// A folder, which need not exist yet.
  package init(path: String, patience: Duration = .seconds(5)) {
    self.path = path
    self.patience = patience
  }

  /// The SQLite database.
  package var trail: String { path + "/trail.sqlite" }
  /// Where there is such a file (mode 0600), the trail lies in PostgreSQL: libpq's connection string, as keywords and values.
  package var connection: String { path + "/postgresql.connection" }
  /// Whether other processes, with folders and keys like this one, write the same trail.
  package var isShared: Bool { FileManager.default.fileExists(atPath: connection) }
  /// 32 bytes, mode 0600: without it no patient is found.
  package var pseudonymKey: String { path + "/pseudonym.key" }
  /// 32 bytes, mode 0600: without it nothing is read of what answers were made of. While it is replaced 64: the new one, then the old.
  package var rootKey: String { path + "/root.key" }
  /// A signed-note private key, mode 0600: without it the log's checkpoints need a new name.
  package var checkpointKey: String { path + "/checkpoint.key" }
  /// The public half of the first checkpoint key: what auditors are given, and what verification begins with.
  package var logKey: String { path + "/log.vkey" }
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

  /// The keys of the trail, each in a file of its own.
  package struct Keys: Sendable {
    /// Turns identifiers into pseudonyms.
    package var pseudonym: PseudonymKey
    /// Wraps the subjects' data keys.
    package var root: RootKeyring
    /// Signs the log's checkpoints.
    package var checkpoint: NoteSigner
    /// Paths of the files that this start made, which the operator must be told to keep.
    package var created: [String]
  }

  /// The keys, those that are missing made anew.
  ///
  /// - Parameters:
  ///   - mayCreate: whether nothing in the trail needs the key that would have been at the path.
  ///   - isIntroduced: whether a record introduces this key for checkpoints: then a rotation was cut short after it.
  func loadOrCreateKeys(
    mayCreate: (_ path: String) -> Bool, isIntroduced: (NoteKey) -> Bool
  ) throws(AuditError) -> Keys {
    var created: [String] = []
    func load(_ path: String, new: () -> [UInt8]) throws(AuditError) {
      guard !FileManager.default.fileExists(atPath: path) else { return }
      // A new key beside an old trail would silently cut every patient's history in two.
      guard mayCreate(path) else { throw AuditError(.keyUnusable) }
      try write(new(), to: path)
      created.append(path)
    }
    // The bytes are copied out while the key lives.
    func random() -> [UInt8] { unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) } }
    try load(pseudonymKey, new: random)
    try load(rootKey, new: random)
    try load(checkpointKey) {
      // The name is the log's for ever and must be no other's.
      let name = "vigil.invalid/trail-" + AuditRecord.hexadecimal(Array(random().prefix(8)))
      guard let signer = NoteSigner(name: name, kind: .log) else { return [] }
      return Array((signer.text + "\n").utf8)
    }
    if !FileManager.default.fileExists(atPath: logKey) {
      let signer = try loadCheckpointKey()
      try write(Array((signer.key.vkey + "\n").utf8), to: logKey)
    }
    try finishRotation(isIntroduced)
    return Keys(
      pseudonym: try loadPseudonymKey(), root: try loadRootKey(), checkpoint: try loadCheckpointKey(), created: created)
  }

  /// What libpq is told to find the trail by; nil where it lies in SQLite.
  ///
  /// - Throws: `keyUnusable` when others can read the file, `directoryUnusable` when there is a trail in SQLite beside it: a log
  ///   has one tree.
  func loadConnection() throws(AuditError) -> String? {
    guard isShared else { return nil }
    guard !FileManager.default.fileExists(atPath: trail) else { throw AuditError(.directoryUnusable) }
    guard let text = String(validating: try privateBytes(connection), as: UTF8.self) else {
      throw AuditError(.keyUnusable)
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Reads the key of pseudonyms.
  package func loadPseudonymKey() throws(AuditError) -> PseudonymKey { PseudonymKey(bytes: try secret(pseudonymKey)) }

  /// Reads the key that wraps subjects' keys.
  package func loadRootKey() throws(AuditError) -> RootKeyring { try RootKeyring(self) }

  /// Reads the key that wraps subjects' keys; nil where there is none, which no other failure may pass for.
  ///
  /// - Throws: `keyUnusable`.
  package func loadRootKeyIfPresent() throws(AuditError) -> RootKeyring? {
    // A link to nowhere is there.
    let isThere = (try? FileManager.default.attributesOfItem(atPath: rootKey)) != nil
    return isThere ? try loadRootKey() : nil
  }

  /// Reads the key that signs checkpoints.
  package func loadCheckpointKey() throws(AuditError) -> NoteSigner {
    let text = String(validating: try privateBytes(checkpointKey), as: UTF8.self)
    guard let signer = text.flatMap({ NoteSigner(text: $0.trimmingCharacters(in: .newlines)) }), signer.key.kind == .log
    else { throw AuditError(.keyUnusable) }
    return signer
  }

  /// The public key that the log began with.
  package func loadLogKey() throws(AuditError) -> NoteKey {
    guard let text = try? String(contentsOfFile: logKey, encoding: .utf8),
      let key = NoteKey(vkey: text.trimmingCharacters(in: .newlines)), key.kind == .log
    else { throw AuditError(.keyUnusable) }
    return key
  }

  // MARK: - Rotation

  private var nextCheckpointKey: String { checkpointKey + ".next" }

  /// Lays the key aside that a record is about to introduce.
  func writeNextCheckpointKey(_ signer: NoteSigner) throws(AuditError) {
    try write(Array((signer.text + "\n").utf8), to: nextCheckpointKey)
  }

  /// Puts it in the old key's place when it is the one that a record introduces; another process on this folder may have done so.
  func adoptNextCheckpointKey(introduced vkey: String?) {
    guard let bytes = try? privateBytes(nextCheckpointKey), let text = String(validating: bytes, as: UTF8.self),
      NoteSigner(text: text.trimmingCharacters(in: .newlines))?.key.vkey == vkey
    else { return }
    // Others on this folder may do the same in the same moment: what is in place afterwards is looked at.
    try? adoptNextCheckpointKey()
  }

  /// Puts it in the old key's place.
  func adoptNextCheckpointKey() throws(AuditError) {
    let bytes = try privateBytes(nextCheckpointKey)
    try write(bytes, to: checkpointKey)
    try? FileManager.default.removeItem(atPath: nextCheckpointKey)
  }

  /// A rotation that was cut short is finished when its record is in the trail, and forgotten when it is not.
  private func finishRotation(_ isIntroduced: (NoteKey) -> Bool) throws(AuditError) {
    guard let bytes = try? privateBytes(nextCheckpointKey), let text = String(validating: bytes, as: UTF8.self),
      let next = NoteSigner(text: text.trimmingCharacters(in: .newlines))
    else { return }
    if isIntroduced(next.key) {
      try adoptNextCheckpointKey()
    } else {
      try? FileManager.default.removeItem(atPath: nextCheckpointKey)
    }
  }

  // MARK: - A witness's folder

  private var witnessKey: String { path + "/witness.key" }

  /// The key that a witness cosigns with, made at its first start.
  ///
  /// - Parameter name: of a new key; nil makes one up.
  package func loadOrCreateWitnessKey(named name: String?) throws(AuditError) -> NoteSigner {
    try create()
    if try Self.bytesIfPresent(witnessKey) == nil {
      let made = AuditRecord.hexadecimal(try RandomBytes.draw(8))
      guard let signer = NoteSigner(name: name ?? "vigil.invalid/witness-\(made)", kind: .witness) else {
        throw AuditError(.keyUnusable)
      }
      try write(Array((signer.text + "\n").utf8), to: witnessKey)
    }
    let text = String(validating: try privateBytes(witnessKey), as: UTF8.self)
    guard let signer = text.flatMap({ NoteSigner(text: $0.trimmingCharacters(in: .newlines)) }),
      signer.key.kind == .witness
    else { throw AuditError(.keyUnusable) }
    return signer
  }

  /// The bytes of a file; nil when there is none, which no other failure may pass for.
  static func bytesIfPresent(_ path: String) throws(AuditError) -> [UInt8]? {
    do {
      return Array(try Data(contentsOf: URL(filePath: path)))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
      return nil
    } catch {
      throw AuditError(.readFailed)
    }
  }

  private func secret(_ path: String) throws(AuditError) -> [UInt8] {
    let bytes = try privateBytes(path)
    guard bytes.count == 32 else { throw AuditError(.keyUnusable) }
    return bytes
  }

  /// The bytes of a key file; refused when others can read it.
  func privateBytes(_ path: String) throws(AuditError) -> [UInt8] {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let permissions = attributes[.posixPermissions] as? NSNumber, permissions.intValue & 0o077 == 0,
      let bytes = FileManager.default.contents(atPath: path)
    else { throw AuditError(.keyUnusable) }
    return Array(bytes)
  }

  /// Writes a file aside and renames it: a crash half way leaves nothing short behind, and one afterwards takes nothing away.
  package func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o600) throws(AuditError) {
    try place(bytes, at: path, mode: mode)
    // The name is durable only when the folder is: without the key the trail's pseudonyms are lost.
    try synchronize(self.path)
  }

  /// Has on the disk which names there are in a folder.
  func synchronize(_ path: String) throws(AuditError) {
    do {
      let folder = try openFile(path, O_RDONLY | O_DIRECTORY)
      try folder.synchronize()
      try folder.close()
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }

  /// Writes a file aside and renames it, which is the last thing that can fail: when this throws nothing new has the name.
  func place(_ bytes: [UInt8], at path: String, mode: UInt16 = 0o600) throws(AuditError) {
    do {
      let file = try openFile(path + ".new", O_WRONLY | O_CREAT | O_TRUNC)
      guard fchmod(file.fileDescriptor, mode_t(mode)) == 0 else {
        throw AuditError(.directoryUnusable, systemCode: errno)
      }
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
      try file.close()
      // Replaces a file that is there, in one step.
      guard unsafe rename(path + ".new", path) == 0 else { throw AuditError(.directoryUnusable, systemCode: errno) }
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }

  func openFile(_ path: String, _ flags: Int32) throws(AuditError) -> FileHandle {
    // `open` reads the path's bytes during the call only; FileHandle offers no mode at creation.
    let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw AuditError(.directoryUnusable, systemCode: errno) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
