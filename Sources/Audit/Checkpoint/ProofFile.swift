// SPDX-License-Identifier: Apache-2.0

/// One record with the proof that it is in the trail: a small text file that is checked years later, without network and
/// without the trail, by anyone who has the log's public key (C2SP tlog-proof). The record's leaf travels as the extra data;
/// it is the proof that makes it trustworthy.
package struct ProofFile: Sendable, Equatable {
  private static let header = "c2sp.org/tlog-proof@v1"
  /// RFC 6962 paths of trees below 2^63 leaves are no longer.
  private static let longestPath = 63

  /// Canonical bytes of the record.
  package var leaf: [UInt8]
  /// The leaf's place, from 0: the record's sequence number less one.
  package var index: Int64
  /// From the leaf's sibling up.
  package var path: [MerkleHash]
  /// The checkpoint it leads to, with its signatures.
  package var checkpoint: SignedNote

  /// A proof of its parts.
  package init(leaf: [UInt8], index: Int64, path: [MerkleHash], checkpoint: SignedNote) {
    self.leaf = leaf
    self.index = index
    self.path = path
    self.checkpoint = checkpoint
  }

  /// The file's text.
  package var text: String {
    var text = "\(Self.header)\nextra \(Base64.text(leaf))\nindex \(index)\n"
    for hash in path { text += Base64.text(hash.bytes) + "\n" }
    return text + "\n" + checkpoint.description
  }

  /// Reads a file; nil when it is not such a proof.
  package init?(text: String) {
    let head = text.split(separator: "\n", maxSplits: 4 + Self.longestPath, omittingEmptySubsequences: false)
    guard head.count > 4, head[0] == Self.header, head[1].hasPrefix("extra "), head[2].hasPrefix("index "),
      let leaf = Base64.bytes(head[1].dropFirst(6)), let index = Checkpoint.number(head[2].dropFirst(6)),
      let end = head[3...].firstIndex(of: ""), end + 1 < head.count,
      let note = SignedNote(String(text[head[end + 1].startIndex...]))
    else { return nil }
    var path: [MerkleHash] = []
    for line in head[3..<end] {
      guard let bytes = Base64.bytes(line), let hash = MerkleHash(bytes: bytes) else { return nil }
      path.append(hash)
    }
    self.init(leaf: leaf, index: index, path: path, checkpoint: note)
  }

  /// Why a proof does not hold, or records that were given out with their proofs (`EvidenceCheck`). The raw values are permanent.
  package enum Fault: String, Error, Sendable, CaseIterable {
    case notAProof = "PRF000"
    case notACheckpoint = "PRF001"
    case wrongOrigin = "PRF002"
    case notSigned = "PRF003"
    case notCosigned = "PRF004"
    case notIncluded = "PRF005"
    case notARecord = "PRF006"
    case notAManifest = "PRF007"
    case manifestNotSigned = "PRF008"
    case fileChanged = "PRF009"
    case fileNotNamed = "PRF010"
    case notALine = "PRF011"
    case outOfOrder = "PRF012"
    case notCommitted = "PRF013"
    case keysUnproven = "PRF014"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .notAProof: "the file is not a proof"
      case .notACheckpoint: "what is signed is not a checkpoint"
      case .wrongOrigin: "the checkpoint is of another log than the key's"
      case .notSigned: "the checkpoint is not signed by the given key"
      case .notCosigned: "fewer of the given witnesses than asked for cosigned the checkpoint"
      case .notIncluded: "the record is not in the tree of the checkpoint"
      case .notARecord: "the leaf is not a record in its place"
      case .notAManifest: "the manifest does not name the files of an export, each once and in order"
      case .manifestNotSigned: "the manifest is not what the log's key of then signed at or behind the checkpoint"
      case .fileChanged: "the file is not the one that the manifest names"
      case .fileNotNamed: "the file is missing, or is one too many"
      case .notALine: "the line is not what its leaf, place, path and content make"
      case .outOfOrder: "the record stands behind a later one, or twice"
      case .notCommitted: "the content is not what the record commits to"
      case .keysUnproven: "the log's keys in the folder do not go on from the key that is given"
      }
    }
  }

  /// The record, once everything holds by the key that was the log's when the checkpoint was made.
  package func record(
    keys: LogKeys, witnesses: [NoteKey] = [], quorum: Int = 0
  ) throws(Fault) -> AuditRecord {
    guard let size = Checkpoint(text: checkpoint.text)?.size, let log = keys.inForce(at: size) else {
      throw .notACheckpoint
    }
    return try record(log: log, witnesses: witnesses, quorum: quorum)
  }

  /// The record, once everything holds: the log signed the checkpoint, at least `quorum` of the witnesses cosigned it, and the
  /// leaf is in its tree at the place its sequence number says.
  package func record(
    log: NoteKey, witnesses: [NoteKey] = [], quorum: Int = 0
  ) throws(Fault) -> AuditRecord {
    guard let tree = Checkpoint(text: checkpoint.text) else { throw .notACheckpoint }
    guard tree.origin == log.name else { throw .wrongOrigin }
    guard checkpoint.isSigned(by: [log]) else { throw .notSigned }
    // One who is named twice is one witness.
    guard Set(witnesses).count(where: { checkpoint.isSigned(by: [$0]) }) >= quorum else { throw .notCosigned }
    guard
      MerkleProof.includes(leaf: .leaf(leaf), index: index, size: tree.size, root: tree.root, path: path)
    else { throw .notIncluded }
    guard let record = AuditRecord(leaf: leaf), record.sequence == index + 1 else { throw .notARecord }
    return record
  }
}
