// SPDX-License-Identifier: Apache-2.0
import Crypto
import FHIR

/// A record as it is given out: what its leaf says, the leaf, and the path to the checkpoint. One record, path and content have one
/// line, byte for byte.
struct EvidenceLine: Sendable, Equatable {
  /// The record as the leaf has it: with the patient's token, and without what is stored beside the leaf.
  let record: AuditRecord
  /// From the leaf's sibling up.
  let path: [MerkleHash]
  /// What the answer was made of, with its salt, where two people let it be seen: the leaf commits to it.
  var content: [UInt8]?

  init(record: AuditRecord, path: [MerkleHash]) {
    self.record = record
    self.path = path
  }

  /// The line without its newline.
  var bytes: [UInt8] {
    let line: JSON = [
      "record": record.json,
      "leaf": .string(Base64.text(record.leaf)),
      "index": .number(Int(record.sequence - 1)),
      "path": .array(path.map { .string(Base64.text($0.bytes)) }),
      "content": content.map { .string(Base64.text($0)) },
    ]
    return line.encoded()
  }

  /// Reads a line without its newline.
  ///
  /// - Throws: `notALine`, `notARecord`.
  init(_ bytes: [UInt8]) throws(ProofFile.Fault) {
    guard let line = (try? Document(bytes, syntax: .json, limits: .files))?.root,
      let leaf = line["leaf"]?.string.flatMap({ Base64.bytes($0) }), let index = line["index"], index.kind == .number,
      let place = index.text.flatMap({ Checkpoint.number($0) }), let path = line["path"], path.kind == .array
    else { throw .notALine }
    var hashes: [MerkleHash] = []
    for entry in path.children {
      guard let hash = entry.string.flatMap({ Base64.bytes($0) }).flatMap({ MerkleHash(bytes: $0) }) else {
        throw .notALine
      }
      hashes.append(hash)
    }
    var content: [UInt8]?
    if let given = line["content"] {
      guard let plain = given.string.flatMap({ Base64.bytes($0) }) else { throw .notALine }
      content = plain
    }
    guard let record = AuditRecord(leaf: leaf), record.sequence > 0, record.sequence - 1 == place else {
      throw .notARecord
    }
    self.init(record: record, path: hashes)
    self.content = content
    // What else stands in the line, or what the record says otherwise than its leaf, is not proved by it.
    guard self.bytes == bytes else { throw .notALine }
  }

  /// Whether the content is what the leaf commits to; nothing is where there is none.
  var isCommitted: Bool {
    guard let content else { return true }
    return record.commitment == Array(SHA256.hash(data: content))
  }
}

extension AuditReader {
  /// The lines of records that follow each other.
  ///
  /// - Parameter size: of the checkpoint that their paths lead to.
  func evidenceLines(_ sequences: ClosedRange<Int64>, size: Int64) throws(AuditError) -> [EvidenceLine] {
    try read { database in
      let leaves = try database.query(
        "SELECT leaf FROM record WHERE sequence >= ? AND sequence <= ? ORDER BY sequence",
        [.number(sequences.lowerBound), .number(sequences.upperBound)]
      ) { $0.bytes(0) }
      guard leaves.count == sequences.count else { throw AuditError(.treeDamaged, sequence: sequences.lowerBound) }
      // Records side by side have most of their paths in common.
      let stored = TileStore.nodes(in: database)
      var known: [SIMD2<Int64>: MerkleHash] = [:]
      func node(_ level: Int, _ index: Int64) throws -> MerkleHash {
        let place = SIMD2(Int64(level), index)
        if let hash = known[place] { return hash }
        let hash = try stored(level, index)
        known[place] = hash
        return hash
      }
      return try zip(sequences, leaves).map { sequence, leaf in
        guard let record = leaf.flatMap(AuditRecord.init(leaf:)), record.sequence == sequence else {
          throw AuditError(.damaged, sequence: sequence)
        }
        return EvidenceLine(
          record: record, path: try MerkleProof.inclusion(of: sequence - 1, size: size, node))
      }
    }
  }

  /// The canonical bytes of what a record was made of; nil where there are none, the patient was erased, or they were changed: the page
  /// says which.
  func evidenceContent(of record: AuditRecord) throws(AuditError) -> [UInt8]? {
    let destroyed = try destroyedKeys()
    do throws(AuditError) {
      return try read { try StoredRecord.content(of: record, $0, root, destroyed: destroyed) }
    } catch {
      guard [.erased, .damaged].contains(error.code) else { throw error }
      return nil
    }
  }
}
