// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The files of a folder that is checked: plain files in it and in the folder of pages, and nothing else.
struct EvidenceFiles {
  private static let piece = 1 << 18

  private let folder: String
  private let names: Set<String>

  /// - Throws: `fileNotNamed` for what is neither a file nor the folder of pages.
  init(_ folder: String) throws(EvidenceFault) {
    self.folder = folder
    var names: Set<String> = []
    for name in Self.entries(folder) {
      let type = Self.type("\(folder)/\(name)")
      if name == EvidenceManifest.pages, type == .typeDirectory {
        for page in Self.entries("\(folder)/\(name)") {
          let path = "\(name)/\(page)"
          // A link could lead to a file that is another one tomorrow.
          guard Self.type("\(folder)/\(path)") == .typeRegular else { throw EvidenceFault(.fileNotNamed, path) }
          names.insert(path)
        }
      } else {
        guard type == .typeRegular else { throw EvidenceFault(.fileNotNamed, name) }
        names.insert(name)
      }
    }
    self.names = names
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// A file's text; nil when it is none, or longer than a line may be.
  ///
  /// - Throws: `fileNotNamed` when it is not there.
  func text(_ name: String) throws(EvidenceFault) -> String? {
    guard names.contains(name), let file = FileHandle(forReadingAtPath: path(name)) else {
      throw EvidenceFault(.fileNotNamed, name)
    }
    var bytes = Data()
    while let more = try? file.read(upToCount: Self.piece), !more.isEmpty {
      bytes += more
      if bytes.count > EvidenceLines.most { return nil }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The log's keys, by those that are known from elsewhere and the proofs in the folder.
  func keys(from known: LogKeys, by manifest: EvidenceManifest) throws(EvidenceFault) -> LogKeys {
    // Compared byte by byte: texts may be equal that are written otherwise.
    guard let first = known.first, let text = try self.text(EvidenceManifest.key),
      Array(text.utf8) == Array("\(first.vkey)\n".utf8)
    else { throw EvidenceFault(.keysUnproven, EvidenceManifest.key) }
    var keys = known
    let rotations = manifest.files.count { $0.name.hasPrefix("rotation-") }
    for place in 0..<rotations {
      let name = EvidenceManifest.rotation(place + 1)
      guard let proof = try self.text(name).flatMap(ProofFile.init(text:)), keys.follow(proof) else {
        throw EvidenceFault(.keysUnproven, name)
      }
    }
    return keys
  }

  /// The checkpoint at which the log's key signed the manifest.
  func signed(_ manifest: String, keys: LogKeys) throws(EvidenceFault) -> Checkpoint {
    let name = EvidenceManifest.note
    guard let signature = try text(name).flatMap({ FileSignature($0, as: .evidence) }),
      let checkpoint = signature.checkpoint, signature.holds(for: SHA256.hash(data: Array(manifest.utf8)), keys: keys)
    else { throw EvidenceFault(.manifestNotSigned, name) }
    return checkpoint
  }

  /// Holds the files against the manifest: all but the records, which are hashed while they are looked at.
  func hold(against manifest: EvidenceManifest) throws(EvidenceFault) {
    let named = Set(manifest.files.map(\.name)).union([EvidenceManifest.name, EvidenceManifest.note])
    if let other = named.symmetricDifference(names).min() { throw EvidenceFault(.fileNotNamed, other) }
    for file in manifest.files where file.name != EvidenceManifest.records {
      guard digest(of: file.name) == file.digest else { throw EvidenceFault(.fileChanged, file.name) }
    }
  }

  /// The checkpoint that the paths lead to.
  func checkpoint(keys: LogKeys, witnesses: [NoteKey], quorum: Int) throws(EvidenceFault) -> Checkpoint {
    let name = EvidenceManifest.checkpoint
    guard let note = try text(name).flatMap({ SignedNote($0) }), let checkpoint = Checkpoint(text: note.text),
      let log = keys.inForce(at: checkpoint.size)
    else { throw EvidenceFault(.notACheckpoint, name) }
    guard checkpoint.origin == log.name else { throw EvidenceFault(.wrongOrigin, name) }
    guard note.isSigned(by: [log]) else { throw EvidenceFault(.notSigned, name) }
    // One who is named twice is one witness.
    guard Set(witnesses).count(where: { note.isSigned(by: [$0]) }) >= quorum else {
      throw EvidenceFault(.notCosigned, name)
    }
    return checkpoint
  }

  private func digest(of name: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path(name)) else { return nil }
    var hash = SHA256()
    while let bytes = try? file.read(upToCount: Self.piece), !bytes.isEmpty { hash.update(data: bytes) }
    return AuditRecord.hexadecimal(Array(hash.finalize()))
  }

  private static func entries(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// What lies there, not where a link leads to.
  private static func type(_ path: String) -> FileAttributeType? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
  }
}
