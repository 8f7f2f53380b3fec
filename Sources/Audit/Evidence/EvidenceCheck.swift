// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import Foundation

/// Records that were given out with their proofs, checked without the trail: every file is the one that the log's key signed for, every
/// record is in the tree in its place, and every line says what its leaf says.
///
/// `docs/verify/check_export.py` looks at the same in the same order.
package struct EvidenceCheck: Sendable {
  /// What is said of the pages and the list, which no record is held against: who has the log's key can sign any.
  private static let ofPages = "signed, not proved"

  /// What the paths lead to.
  package private(set) var checkpoint: Checkpoint
  /// How many records there are.
  package private(set) var records: Int64 = 0
  /// How many of them have what they were made of beside them.
  package private(set) var contents = 0
  /// The number of the first record.
  package private(set) var first: Int64?
  /// The number of the last record.
  package private(set) var last: Int64?

  /// How many records between the first and the last are not there.
  package var notShown: Int64 {
    guard let first, let last else { return 0 }
    return last - first + 1 - records
  }

  /// Checks a folder.
  ///
  /// - Parameters:
  ///   - keys: the log's, by what the examiner has from elsewhere.
  ///   - witnesses: of whom at least `quorum` must have cosigned the checkpoint.
  ///   - progress: called with the lines that were looked at.
  /// - Throws: the first fault.
  package init(
    _ folder: String, keys: LogKeys, witnesses: [NoteKey] = [], quorum: Int = 0, progress: (Int) -> Void = { _ in }
  ) throws(EvidenceFault) {
    let files = try EvidenceFiles(folder)
    let text = try files.text(EvidenceManifest.name)
    guard let text, let manifest = EvidenceManifest(text) else {
      throw EvidenceFault(.notAManifest, EvidenceManifest.name)
    }
    let keys = try files.keys(from: keys, by: manifest)
    let signed = try files.signed(text, keys: keys)
    try files.hold(against: manifest)
    checkpoint = try files.checkpoint(keys: keys, witnesses: witnesses, quorum: quorum)
    // The folder is signed at a checkpoint that goes on from the one that the paths lead to.
    guard signed.size > checkpoint.size || signed == checkpoint else {
      throw EvidenceFault(.manifestNotSigned, EvidenceManifest.note)
    }
    try look(at: files, manifest, progress)
  }

  /// Looks at the lines one by one, and at which decisions have a page.
  private mutating func look(
    at files: EvidenceFiles, _ manifest: EvidenceManifest, _ progress: (Int) -> Void
  ) throws(EvidenceFault) {
    let name = EvidenceManifest.records
    var pages = Set(manifest.files.compactMap { EvidenceManifest.decision($0.name) })
    guard var lines = EvidenceLines(files.path(name)) else { throw EvidenceFault(.fileNotNamed, name) }
    while true {
      let record: AuditRecord
      do throws(ProofFile.Fault) {
        guard let bytes = try lines.next() else { break }
        record = try look(at: EvidenceLine(bytes))
      } catch {
        throw EvidenceFault(error, name, line: lines.count)
      }
      if record.entry.kind == .answer, pages.remove(record.sequence) == nil {
        throw EvidenceFault(.fileNotNamed, EvidenceManifest.page(record.sequence))
      }
      progress(lines.count)
    }
    if let page = pages.map(EvidenceManifest.page).min() { throw EvidenceFault(.fileNotNamed, page) }
    // Last, so that of a line that was changed the line is named.
    guard manifest.files.contains(where: { $0.name == name && $0.digest == lines.digest }) else {
      throw EvidenceFault(.fileChanged, name)
    }
  }

  private mutating func look(at line: EvidenceLine) throws(ProofFile.Fault) -> AuditRecord {
    let record = line.record
    guard record.sequence > last ?? 0 else { throw .outOfOrder }
    let isIncluded = MerkleProof.includes(
      leaf: .leaf(record.leaf), index: record.sequence - 1, size: checkpoint.size, root: checkpoint.root,
      path: line.path)
    guard isIncluded else { throw .notIncluded }
    guard line.isCommitted else { throw .notCommitted }
    if line.content != nil { contents += 1 }
    records += 1
    first = first ?? record.sequence
    last = record.sequence
    return record
  }
}

extension EvidenceCheck {
  /// For programs.
  package var json: JSON {
    [
      "holds": true, "records": .number(Int(records)), "first": first.map { .number(Int($0)) },
      "last": last.map { .number(Int($0)) }, "notShown": .number(Int(notShown)), "contents": .number(contents),
      "origin": .string(checkpoint.origin), "size": .number(Int(checkpoint.size)),
      "pagesAndList": .string(Self.ofPages),
    ]
  }
}

extension EvidenceCheck: CustomStringConvertible {
  /// `holds: 3 records, 2 to 5, of the 9 that example.com/log signed for; 1 between them not shown; pages and list: signed, not proved`.
  package var description: String {
    guard let first, let last else {
      return
        "holds: no records of the \(checkpoint.size) that \(checkpoint.origin) signed for; pages and list: \(Self.ofPages)"
    }
    let gap = notShown == 0 ? "none between them left out" : "\(notShown) between them not shown"
    return
      "holds: \(records) records, \(first) to \(last), of the \(checkpoint.size) that \(checkpoint.origin) signed for; "
      + "\(gap); pages and list: \(Self.ofPages)"
  }
}
