// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR
import Foundation
import Testing

/// Folders of records with their proofs, as a command writes them and as somebody changes them.
struct EvidenceFolders {
  static let time = Instant(milliseconds: 1_700_000_000_000)
  /// What names a patient and stands in requests alone.
  static let canary = "Quillfeather"
  /// How many records `trail` has.
  static let size: Int64 = 14

  let directory: TemporaryDirectory

  /// A trail of which record n was made at second n: answers, a refusal with letters that JSON escapes, a reading, a feedback, a review.
  init(_ store: TestStore) async throws {
    directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for entry in Self.entries { _ = try await trail.append(entry) }
    var review = Self.entry(.review, 14)
    review.origin = "j.doe"
    review.reason = "reviewed"
    review.signature = AuditEntry.Signature(name: "Jane Doe", records: 2...3)
    #expect(try await trail.perform(review) == Self.size)
    try trail.close()
  }

  static func entry(_ kind: AuditEntry.Kind, _ second: Int) -> AuditEntry {
    AuditEntry(time: Instant(milliseconds: time.milliseconds + Int64(second) * 1000), kind: kind)
  }

  static func answer(_ second: Int) -> AuditEntry {
    var answer = fullEntry(second)
    answer.time = entry(.answer, second).time
    answer.patient = [UInt8](repeating: UInt8(second % 2 + 1), count: 32)
    answer.payload?.request = Array("{\"name\":\"\(canary)\",\"n\":\(second)}".utf8)
    return answer
  }

  private static var entries: [AuditEntry] {
    var refusal = entry(.rejection, 7)
    refusal.origin = "203.0.113.7"
    refusal.reason = "AUT003"
    refusal.status = 401
    refusal.count = 7
    refusal.note = "a \"quoted\" \\ line\n\u{1}\u{7F}\u{2028} ü \u{1F600} <b>"
    var reading = entry(.read, 8)
    reading.origin = "officer"
    reading.patient = [UInt8](repeating: 1, count: 32)
    reading.note = "list"
    var feedback = entry(.feedback, 9)
    feedback.outcome = "overridden"
    feedback.cards = [AuditEntry.Card(key: [1, 2, 3, 4])]
    feedback.instant = Instant(milliseconds: -1)
    return [entry(.start, 1)] + (2...6).map(answer) + [refusal, reading, feedback] + (10...13).map(answer)
  }

  /// The records of some seconds.
  static func seconds(_ seconds: Range<Int>) -> AuditReader.Search {
    var search = AuditReader.Search()
    search.filter.since = entry(.start, seconds.lowerBound).time
    search.until = entry(.start, seconds.upperBound).time
    return search
  }

  /// The log's key at its beginning.
  func log() throws -> NoteKey { try directory.data.loadLogKey() }

  /// Writes a folder.
  func export(_ search: AuditReader.Search, to name: String = "evidence", hasContents: Bool = false) throws -> String {
    let path = "\(directory.data.path)/\(name)"
    let reader = try AuditReader(directory: directory.data)
    let folder = try EvidenceFolder(path)
    let selection = try reader.evidence(search, log: try log())
    let export = EvidenceExport(
      selection, by: "j.doe <i>", at: Self.time, hasContents: hasContents, log: try log(),
      signer: try directory.data.loadCheckpointKey())
    _ = try export.write(from: reader, into: folder, thresholds: { _ in nil })
    return path
  }

  /// The files of a folder by their names.
  static func names(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0 != "decisions" }.sorted()
  }

  static func text(_ folder: String, _ name: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
  }

  static func write(_ text: String, _ folder: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
  }

  /// Signs a folder anew, as whoever has the log's key can.
  static func sign(_ folder: String, at head: SignedNote, by signer: NoteSigner) throws {
    let files = try names(folder).filter { !$0.hasPrefix("manifest") }.map { name in
      EvidenceManifest.File(name, SHA256.hash(data: try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
    }
    let manifest = EvidenceManifest(files).text
    let signature = try FileSignature(
      of: SHA256.hash(data: Array(manifest.utf8)), as: .evidence, at: head, by: signer)
    try write(manifest, folder, "manifest")
    try write(signature.note.description, folder, "manifest.note")
  }

  /// What this program says of a folder, without the words for people.
  static func verdict(_ folder: String, _ keys: LogKeys, witnesses: [NoteKey] = []) -> String {
    do throws(EvidenceFault) {
      return try EvidenceCheck(folder, keys: keys, witnesses: witnesses, quorum: witnesses.count).description
    } catch {
      return "refused: \(error.code.rawValue): \(error.file)" + (error.line.map { ", line \($0)" } ?? "")
    }
  }

  /// The same, on which the program in Python agrees.
  static func agreed(
    _ folder: String, _ log: NoteKey, rotations: [ProofFile] = [], witnesses: [NoteKey] = []
  ) throws -> String {
    var keys = LogKeys(log)
    for rotation in rotations {
      let isAdded = keys.add(rotation)
      #expect(isAdded)
    }
    let said = verdict(folder, keys, witnesses: witnesses)
    guard SecondVerifier.isAtHand else { return said }
    var arguments = [SecondVerifier.evidence, folder, log.vkey] + witnesses.map(\.vkey)
    for (place, rotation) in rotations.enumerated() {
      let file = "\(folder).rotation-\(place)"
      try Data(rotation.text.utf8).write(to: URL(filePath: file))
      arguments += ["--rotation", file]
    }
    let other = try SecondVerifier.run(arguments)
    #expect(other.output == said + "\n" && other.status == (said.hasPrefix("holds") ? 0 : 1))
    return said
  }
}
