// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// What somebody does to a folder of records with their proofs: two programs see it, at the same place.
@Suite struct ChangedEvidenceTests {
  /// One bit of a file.
  private struct Flip {
    let file: String
    let place: Int
    let bit: Int
  }

  /// Every file, a bit in each of many bytes: no folder holds, and both programs name the same fault, file and line.
  @Test func oneFlippedBitAnywhereIsRefused() async throws {
    let folders = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(folders) {} }
    let trail = try AuditTrail(directory: folders.directory.data)
    let deed = AuditTrail.Deed(user: "u", reason: "yearly", time: EvidenceFolders.entry(.key, 15).time)
    _ = try await trail.rotateCheckpointKey(deed)
    try trail.close()
    let log = try folders.log()
    let folder = try folders.export(EvidenceFolders.seconds(6..<9), hasContents: true)
    var flips: [Flip] = []
    for name in try EvidenceFolders.names(folder) {
      let count = try Data(contentsOf: URL(filePath: "\(folder)/\(name)")).count
      // What is read and not only hashed is tried closely.
      let step = ["html", "txt"].contains { name.hasSuffix($0) } ? 61 : 5
      for place in Array(stride(from: 0, to: count, by: step)) + [count - 1] {
        flips.append(Flip(file: name, place: place, bit: place % 8))
      }
    }
    #expect(Set(flips.map(\.file)).count == 9 && flips.count > 1000)
    var verdicts: [String] = []
    for flip in flips {
      let file = URL(filePath: "\(folder)/\(flip.file)")
      let whole = try Data(contentsOf: file)
      var changed = whole
      changed[flip.place] ^= 1 << UInt8(flip.bit)
      try changed.write(to: file)
      let verdict = EvidenceFolders.verdict(folder, LogKeys(log))
      #expect(verdict.hasPrefix("refused: PRF"), "\(flip): \(verdict)")
      verdicts.append(verdict)
      try whole.write(to: file)
    }
    // Of a line that was changed the line is named.
    let lines = zip(flips, verdicts).filter { $0.0.file == "records.ndjson" }.map(\.1)
    #expect(Set(lines.map { $0.split(separator: ", line ").last ?? "" }) == ["1", "2", "3"])
    #expect(EvidenceFolders.verdict(folder, LogKeys(log)).hasPrefix("holds"))
    guard SecondVerifier.isAtHand else { return }
    let code = """
      import check_export, check_proof, os
      folder, log = sys.argv[2], check_proof.Key(sys.argv[3], is_text=True)
      for flip in open(sys.argv[4]):
          name, place, bit = flip.split()
          path = os.path.join(folder, name)
          whole = open(path, "rb").read()
          changed = bytearray(whole)
          changed[int(place)] ^= 1 << int(bit)
          open(path, "wb").write(changed)
          try:
              print(check_export.check_export(folder, log, [], []))
          except (check_export.Fault, check_proof.Refused, ValueError, IndexError) as reason:
              print(f"refused: {reason}")
          open(path, "wb").write(whole)
      """
    let list = folder + ".flips"
    try Data(flips.map { "\($0.file) \($0.place) \($0.bit)\n" }.joined().utf8).write(to: URL(filePath: list))
    let other = try SecondVerifier.run(code: code, [folder, log.vkey, list]).output.split(separator: "\n")
    #expect(other.count == verdicts.count)
    for (place, pair) in zip(verdicts, other).enumerated() where pair.0 != pair.1 {
      Issue.record("\(flips[place]): \(pair.0), and in Python \(pair.1)")
    }
  }

  /// A change of a folder, which whoever has the log's key signs again, and what is said of it.
  private struct Change: Sendable {
    let verdict: String
    var isSigned = true
    let make: @Sendable (_ folder: String) throws -> Void

    init(_ verdict: String, isSigned: Bool = true, _ make: @escaping @Sendable (_ folder: String) throws -> Void) {
      self.verdict = verdict
      self.isSigned = isSigned
      self.make = make
    }

    /// A change of the lines.
    static func lines(_ verdict: String, _ change: @escaping @Sendable (inout [String]) throws -> Void) -> Change {
      Change(verdict) { folder in
        let text = try EvidenceFolders.text(folder, "records.ndjson")
        var lines = text.split(separator: "\n").map(String.init)
        try change(&lines)
        try EvidenceFolders.write(lines.map { $0 + "\n" }.joined(), folder, "records.ndjson")
      }
    }
  }

  private static func remove(_ folder: String, _ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
  }

  /// Of seconds 5 to 9: two decisions with their contents, a refusal, a reading and a feedback.
  private static let ofLines: [Change] = [
    Change("holds: 5 records, 5 to 9, ") { _ in },
    // Lines out of their place.
    Change.lines("holds: 4 records, 5 to 9, ") { $0.remove(at: 2) },
    Change.lines("holds: 4 records, 5 to 8, ") { $0.removeLast() },
    Change.lines("refused: PRF010: decisions/6.html") { $0.remove(at: 1) },
    Change.lines("refused: PRF012: records.ndjson, line 4") { $0.swapAt(2, 3) },
    Change.lines("refused: PRF012: records.ndjson, line 4") { $0.insert($0[2], at: 3) },
    // Lines that say what their leaves do not.
    Change.lines("refused: PRF011: records.ndjson, line 3") {
      $0[2] = $0[2].replacing("\"status\":401", with: "\"status\":200")
    },
    Change.lines("refused: PRF011: records.ndjson, line 3") { $0[2] = $0[2].replacing("\"count\":7,", with: "") },
    Change.lines("refused: PRF011: records.ndjson, line 1") {
      $0[0] = $0[0].replacing("{\"record\"", with: "{ \"record\"")
    },
    Change.lines("refused: PRF011: records.ndjson, line 1") {
      $0[0] = $0[0].replacing("\"index\":4", with: "\"index\":4.0")
    },
    Change.lines("refused: PRF006: records.ndjson, line 1") {
      $0[0] = $0[0].replacing("\"index\":4", with: "\"index\":5")
    },
    Change.lines("refused: PRF011: records.ndjson, line 2") { $0[1] = $0[1].replacing("}", with: "},\"more\":1") },
    Change.lines("refused: PRF011: records.ndjson, line 2") { $0[1] = String($0[1].dropLast()) + ",\"more\":1}" },
    Change.lines("refused: PRF011: records.ndjson, line 2") { $0[1] = String($0[1].dropLast()) + ",\"index\":5}" },
    Change.lines("refused: PRF011: records.ndjson, line 6") { $0.append("") },
    Change.lines("refused: PRF011: records.ndjson, line 6") { $0.append("[]") },
    Change.lines("refused: PRF011: records.ndjson, line 1") { $0[0] = "7" },
    Change.lines("refused: PRF006: records.ndjson, line 1") {
      $0[0] = $0[0].replacing("\"leaf\":\"A", with: "\"leaf\":\"Q")
    },
    Change.lines("refused: PRF005: records.ndjson, line 4") { lines in
      let start = try #require(lines[3].range(of: "\"path\":[\"")?.upperBound)
      let (first, second) = (lines[3].index(start, offsetBy: 44), lines[3].index(start, offsetBy: 47))
      let end = lines[3].index(second, offsetBy: 44)
      lines[3] = "\(lines[3][..<start])\(lines[3][second..<end])\",\"\(lines[3][start..<first])\(lines[3][end...])"
    },
    Change.lines("refused: PRF005: records.ndjson, line 4") { lines in
      let start = try #require(lines[3].range(of: "\"path\":[")?.upperBound)
      lines[3] = "\(lines[3][..<start])]}"
    },
    Change("refused: PRF011: records.ndjson, line 5") { folder in
      let text = try EvidenceFolders.text(folder, "records.ndjson")
      try EvidenceFolders.write(String(text.dropLast()), folder, "records.ndjson")
    },
  ]

  /// Contents of no record or another's.
  private static let ofContents: [Change] = [
    Change.lines("refused: PRF013: records.ndjson, line 1") { lines in
      let other = try #require(lines[1].range(of: "\"content\":").map { lines[1][$0.lowerBound...] })
      let start = try #require(lines[0].range(of: "\"content\":")?.lowerBound)
      lines[0] = "\(lines[0][..<start])\(other)"
    },
    Change.lines("refused: PRF013: records.ndjson, line 3") {
      $0[2] = String($0[2].dropLast()) + ",\"content\":\"AAAA\"}"
    },
    Change.lines("holds: 5 records, 5 to 9, ") { lines in
      let start = try #require(lines[0].range(of: ",\"content\":")?.lowerBound)
      lines[0] = "\(lines[0][..<start])}"
    },
  ]

  /// Files too many, too few, and none.
  private static let ofFiles: [Change] = [
    Change("refused: PRF007: manifest") { try EvidenceFolders.write("x", $0, "more.txt") },
    Change("refused: PRF007: manifest") { try EvidenceFolders.write("x", $0, "decisions/06.html") },
    Change("refused: PRF010: decisions/9.html") { try EvidenceFolders.write("x", $0, "decisions/9.html") },
    Change("refused: PRF010: decisions/6.html") { try remove($0, "decisions/6.html") },
    Change("refused: PRF007: manifest") { try remove($0, "README.txt") },
    Change("refused: PRF007: manifest") { folder in
      try EvidenceFolders.write(try EvidenceFolders.text(folder, "log.vkey"), folder, "rotation-2.tlog-proof")
    },
    Change("refused: PRF014: rotation-1.tlog-proof") { folder in
      try EvidenceFolders.write(try EvidenceFolders.text(folder, "log.vkey"), folder, "rotation-1.tlog-proof")
    },
    Change("refused: PRF010: more.txt", isSigned: false) { try EvidenceFolders.write("x", $0, "more.txt") },
    Change("refused: PRF010: .hidden", isSigned: false) { try EvidenceFolders.write("x", $0, ".hidden") },
    Change("refused: PRF010: decisions/x", isSigned: false) { try EvidenceFolders.write("x", $0, "decisions/x") },
    Change("refused: PRF010: index.html", isSigned: false) { try remove($0, "index.html") },
    Change("refused: PRF010: manifest", isSigned: false) { try remove($0, "manifest") },
    Change("refused: PRF010: manifest.note", isSigned: false) { try remove($0, "manifest.note") },
    Change("refused: PRF010: more", isSigned: false) { folder in
      try FileManager.default.createDirectory(atPath: folder + "/more", withIntermediateDirectories: false)
    },
    Change("refused: PRF010: index.html", isSigned: false) { folder in
      try FileManager.default.moveItem(atPath: folder + "/index.html", toPath: folder + ".moved")
      try FileManager.default.createSymbolicLink(atPath: folder + "/index.html", withDestinationPath: folder + ".moved")
    },
    Change("refused: PRF007: manifest", isSigned: false) { folder in
      let lines = try EvidenceFolders.text(folder, "manifest").split(separator: "\n")
      try EvidenceFolders.write(lines.reversed().map { $0 + "\n" }.joined(), folder, "manifest")
    },
    Change("refused: PRF007: manifest", isSigned: false) { folder in
      let text = try EvidenceFolders.text(folder, "manifest")
      try EvidenceFolders.write(text.replacing("log.vkey", with: "../log.vkey"), folder, "manifest")
    },
  ]

  private static let ofNotes: [Change] = [
    Change("refused: PRF001: checkpoint") { try EvidenceFolders.write("none\n", $0, "checkpoint") },
    Change("refused: PRF003: checkpoint") { folder in
      let text = try EvidenceFolders.text(folder, "checkpoint")
      try EvidenceFolders.write(text.replacing("\n14\n", with: "\n13\n"), folder, "checkpoint")
    },
    Change("refused: PRF002: checkpoint") { folder in
      let text = try EvidenceFolders.text(folder, "checkpoint")
      try EvidenceFolders.write("other" + text, folder, "checkpoint")
    },
    Change("refused: PRF008: manifest.note", isSigned: false) { folder in
      let text = try EvidenceFolders.text(folder, "manifest.note")
      try EvidenceFolders.write(text.replacing("vigil evidence 1", with: "vigil report 1"), folder, "manifest.note")
    },
    Change("refused: PRF008: manifest.note", isSigned: false) { folder in
      try EvidenceFolders.write(try EvidenceFolders.text(folder, "checkpoint"), folder, "manifest.note")
    },
    Change("refused: PRF008: manifest.note", isSigned: false) { folder in
      let text = try EvidenceFolders.text(folder, "manifest.note")
      try EvidenceFolders.write(text + "\u{2014} some\u{1}one AAAAAAAA\n", folder, "manifest.note")
    },
    Change("holds: 5 records, 5 to 9, ", isSigned: false) { folder in
      // What somebody else signs besides takes nothing away.
      let text = try EvidenceFolders.text(folder, "manifest.note")
      try EvidenceFolders.write(text + "\u{2014} someone AAAAAAAA\n", folder, "manifest.note")
    },
  ]

  /// Also what the log's own key signs must be what the tree says: both programs say so.
  @Test func whatIsSignedAnewIsStillHeldAgainstTheTree() async throws {
    let folders = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    let signer = try folders.directory.data.loadCheckpointKey()
    let head = try AuditReader(directory: folders.directory.data).head()
    let whole = try folders.export(EvidenceFolders.seconds(5..<10), hasContents: true)
    let changes = Self.ofLines + Self.ofContents + Self.ofFiles + Self.ofNotes
    for (place, change) in changes.enumerated() {
      let folder = "\(whole)-\(place)"
      try FileManager.default.copyItem(atPath: whole, toPath: folder)
      try change.make(folder)
      if change.isSigned { try EvidenceFolders.sign(folder, at: head, by: signer) }
      let verdict = try EvidenceFolders.agreed(folder, log)
      #expect(
        verdict == change.verdict || change.verdict.hasPrefix("holds") && verdict.hasPrefix(change.verdict), "\(place)")
    }
  }

  /// Another log's folder, another key's signature, another time's checkpoint.
  @Test func anothersFolderIsRefused() async throws {
    let folders = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    let early = try AuditReader(directory: folders.directory.data).head()
    let signer = try folders.directory.data.loadCheckpointKey()
    let trail = try AuditTrail(directory: folders.directory.data)
    _ = try await trail.append(EvidenceFolders.answer(15))
    try trail.close()
    let folder = try folders.export(EvidenceFolders.seconds(5..<10))
    let other = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(other) {} }
    let otherFolder = try other.export(EvidenceFolders.seconds(5..<10))
    #expect(try EvidenceFolders.agreed(otherFolder, log) == "refused: PRF014: log.vkey")
    let stranger = try #require(NoteSigner(name: log.name, kind: .log))
    #expect(try EvidenceFolders.agreed(folder, stranger.key) == "refused: PRF014: log.vkey")
    // Signed at a checkpoint in front of the one that the paths lead to.
    try EvidenceFolders.sign(folder, at: early, by: signer)
    #expect(try EvidenceFolders.agreed(folder, log) == "refused: PRF008: manifest.note")
    // By another key, with and without saying so.
    let head = try AuditReader(directory: folders.directory.data).head()
    try EvidenceFolders.sign(folder, at: head, by: stranger)
    #expect(try EvidenceFolders.agreed(folder, log) == "refused: PRF008: manifest.note")
    // Records of another log, under this one's signature.
    for name in ["records.ndjson"] + (5...6).map({ "decisions/\($0).html" }) {
      try EvidenceFolders.write(try EvidenceFolders.text(otherFolder, name), folder, name)
    }
    try EvidenceFolders.sign(folder, at: head, by: signer)
    #expect(try EvidenceFolders.agreed(folder, log) == "refused: PRF005: records.ndjson, line 1")
    // A checkpoint that the stranger signed.
    var note = head
    note.signatures = [try stranger.sign(head.text)]
    try EvidenceFolders.write(note.description, folder, "checkpoint")
    try EvidenceFolders.sign(folder, at: head, by: signer)
    #expect(try EvidenceFolders.agreed(folder, log) == "refused: PRF003: checkpoint")
    try EvidenceFolders.write(stranger.key.vkey + "\n", folder, "log.vkey")
    try EvidenceFolders.sign(folder, at: head, by: stranger)
    #expect(try EvidenceFolders.agreed(folder, stranger.key) == "refused: PRF005: records.ndjson, line 1")
    #expect(try EvidenceFolders.agreed(folder, log) == "refused: PRF014: log.vkey")
  }
}
