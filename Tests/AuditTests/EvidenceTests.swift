// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR
import Foundation
import Testing

/// Records that are given to an examiner outside, with what proves them.
@Suite struct EvidenceTests {
  @Test(arguments: TestStore.atHand) func aPeriodIsReadAndCheckedWithoutTheTrail(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    let folder = try folders.export(EvidenceFolders.seconds(3..<10))
    #expect(
      try EvidenceFolders.agreed(folder, log)
        == "holds: 7 records, 3 to 9, of the 14 that \(log.name) signed for; none between them left out; "
        + "pages and list: signed, not proved")
    #expect(
      try EvidenceFolders.names(folder) == [
        "README.txt", "checkpoint", "decisions/3.html", "decisions/4.html", "decisions/5.html", "decisions/6.html",
        "index.html", "log.vkey", "manifest", "manifest.note", "records.ndjson",
      ])
    // Each line has the record as its leaf has it, and is a proof by itself.
    let checkpoint = try #require(SignedNote(try EvidenceFolders.text(folder, "checkpoint")))
    for (place, line) in try EvidenceFolders.text(folder, "records.ndjson").split(separator: "\n").enumerated() {
      let root = try Document(Array(line.utf8), syntax: .json).root
      let leaf = try #require(Data(base64Encoded: root["leaf"]?.string ?? "").map { Array($0) })
      let path = root.elements("path").compactMap { entry in
        Data(base64Encoded: entry.string ?? "").flatMap { MerkleHash(bytes: $0) }
      }
      let proof = ProofFile(leaf: leaf, index: Int64(place + 2), path: path, checkpoint: checkpoint)
      let record = try proof.record(log: log)
      #expect(record.sequence == place + 3 && root["record"].map { JSON($0) } == record.json)
    }
    // Of the patients there is the token alone, in no file more; what stands on pages is no markup.
    for name in try EvidenceFolders.names(folder) {
      let text = try EvidenceFolders.text(folder, name)
      #expect(!text.contains(EvidenceFolders.canary), "\(name)")
      if name.hasSuffix(".html") { #expect(!text.contains("<b>") && !text.contains("<i>"), "\(name)") }
      for pseudonym in [1, 2] {
        #expect(!text.contains(AuditRecord.hexadecimal([UInt8](repeating: UInt8(pseudonym), count: 32))), "\(name)")
      }
      let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o600)
    }
    #expect(try EvidenceFolders.text(folder, "index.html").contains("j.doe &lt;i&gt;"))
    #expect(try EvidenceFolders.text(folder, "decisions/3.html").contains("Jane Doe"))
  }

  /// What was said against a decision stands on its page, of a patient whom the trail knows, also behind the last record that was asked for.
  @Test(arguments: TestStore.atHand) func pagesHaveTheirAmendments(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let trail = try AuditTrail(directory: folders.directory.data)
    var amendment = EvidenceFolders.entry(.amendment, 15)
    (amendment.origin, amendment.reason, amendment.amends) = ("a.meyer", "mistyped", 3)
    amendment.payload = AuditPayload(amendment: "80 kg")
    #expect(try await trail.perform(amendment) == 15)
    var nobodys = EvidenceFolders.answer(16)
    nobodys.patient = nil
    #expect(try await trail.append(nobodys) == 16)
    try trail.close()
    let folder = try folders.export(EvidenceFolders.seconds(3..<10))
    let page = try EvidenceFolders.text(folder, "decisions/3.html")
    #expect(page.contains("<h2>Amendments</h2>") && page.contains("mistyped") && !page.contains("80 kg"))
    #expect(try !EvidenceFolders.text(folder, "decisions/4.html").contains("Amendments"))
    // The list says what a record amends.
    let all = try folders.export(AuditReader.Search(), to: "all")
    #expect(try EvidenceFolders.text(all, "index.html").contains("record 3, mistyped"))
    // The token of what is about nobody is no patient's.
    let token = try #require(try AuditReader(directory: folders.directory.data).find(one: 16).subject)
    for name in ["index.html", "decisions/16.html"] {
      #expect(try !EvidenceFolders.text(all, name).contains(AuditRecord.hexadecimal(token)), "\(name)")
    }
  }

  /// What was changed beside its leaf is said on the page of its decision, and holds up no other.
  @Test(arguments: TestStore.atHand) func aChangedContentHoldsUpNoOther(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    try folders.directory.tamper("UPDATE payload SET bytes = flip(bytes, 40) WHERE sequence = 4")
    let folder = try folders.export(EvidenceFolders.seconds(3..<6))
    #expect(try EvidenceFolders.text(folder, "decisions/4.html").contains("changed in the store"))
    #expect(try !EvidenceFolders.text(folder, "decisions/5.html").contains("changed in the store"))
  }

  /// By whichever criteria, and says how many records between the first and the last are not there.
  @Test(arguments: TestStore.atHand) func whatIsNotShownIsCounted(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    var search = AuditReader.Search()
    search.filter.patient = [UInt8](repeating: 1, count: 32)
    let one = try folders.export(search, to: "patient")
    // Answers 2, 4, 6, 10 and 12, and the reading 8.
    #expect(
      try EvidenceFolders.agreed(one, log)
        == "holds: 6 records, 2 to 12, of the 14 that \(log.name) signed for; 5 between them not shown; "
        + "pages and list: signed, not proved")
    #expect(try !EvidenceFolders.text(one, "index.html").contains(AuditRecord.hexadecimal(search.filter.patient ?? [])))
    let none = try folders.export(EvidenceFolders.seconds(100..<200), to: "none")
    #expect(
      try EvidenceFolders.agreed(none, log)
        == "holds: no records of the 14 that \(log.name) signed for; pages and list: signed, not proved")
    let all = try folders.export(AuditReader.Search(), to: "all")
    #expect(
      try EvidenceFolders.agreed(all, log)
        == "holds: 14 records, 1 to 14, of the 14 that \(log.name) signed for; none between them left out; "
        + "pages and list: signed, not proved")
    let reader = try AuditReader(directory: folders.directory.data)
    let selection = try reader.evidence(search, log: log)
    #expect(selection.runs == [2...2, 4...4, 6...6, 8...8, 10...10, 12...12])
    #expect(selection.patients.pseudonyms == [[UInt8](repeating: 1, count: 32)])
    #expect(try reader.evidence(EvidenceFolders.seconds(3..<10), log: log).runs == [3...9])
  }

  /// What answers were made of is what their leaves commit to, and of an erased patient there is none.
  @Test(arguments: TestStore.atHand) func contentIsProvedByItsRecord(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    func lines(_ folder: String) throws -> [JSON] {
      try EvidenceFolders.text(folder, "records.ndjson").split(separator: "\n").map {
        JSON(try Document(Array($0.utf8), syntax: .json).root)
      }
    }
    let folder = try folders.export(EvidenceFolders.seconds(5..<8), hasContents: true)
    #expect(try EvidenceFolders.agreed(folder, log).hasPrefix("holds: 3 records, 5 to 7"))
    let found = try lines(folder)
    for line in found.prefix(2) {
      guard case .string(let text)? = line["content"], let content = Data(base64Encoded: text) else {
        Issue.record("no content")
        continue
      }
      #expect(String(decoding: content, as: UTF8.self).contains(EvidenceFolders.canary))
      let digest = AuditRecord.hexadecimal(Array(SHA256.hash(data: content)))
      #expect(line["record"]?["payloadCommitment"] == .string(digest))
    }
    #expect(found[2]["content"] == nil)
    #expect(try EvidenceCheck(folder, keys: LogKeys(log)).contents == 2)

    let trail = try AuditTrail(directory: folders.directory.data)
    _ = try await trail.done(.erasure, to: [UInt8](repeating: 1, count: 32))
    try trail.close()
    let erased = try folders.export(EvidenceFolders.seconds(5..<8), to: "erased", hasContents: true)
    #expect(try EvidenceFolders.agreed(erased, log).hasPrefix("holds: 3 records, 5 to 7"))
    #expect(try lines(erased).map { $0["content"] != nil } == [true, false, false])
    #expect(try EvidenceFolders.text(erased, "decisions/6.html").contains("not at hand"))
  }

  /// The paths lead to the newest checkpoint that a witness cosigned, where it covers all records.
  @Test(arguments: TestStore.atHand) func theWitnessedCheckpointIsGivenOut(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    let witness = try #require(NoteSigner(name: "witness.example", kind: .witness))
    let trail = try AuditTrail(directory: folders.directory.data)
    let reader = try AuditReader(directory: folders.directory.data)
    for second in 15...16 {
      var note = try reader.head()
      note.signatures.append(try witness.cosign(note.text, at: EvidenceFolders.time))
      try await trail.keep(note, of: witness.key)
      _ = try await trail.append(EvidenceFolders.answer(second))
    }
    try trail.close()
    let covered = try folders.export(EvidenceFolders.seconds(3..<15), to: "covered")
    #expect(try EvidenceFolders.agreed(covered, log, witnesses: [witness.key]).contains("of the 15 that"))
    let newest = try folders.export(EvidenceFolders.seconds(3..<17), to: "newest")
    #expect(try EvidenceFolders.agreed(newest, log).contains("of the 16 that"))
    #expect(try EvidenceFolders.agreed(newest, log, witnesses: [witness.key]) == "refused: PRF004: checkpoint")
  }

  /// After changes of the log's key an examiner goes on from the first one, and believes no key that was given up.
  @Test(arguments: TestStore.atHand) func theKeysAreFollowedFromTheFirst(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    let log = try folders.log()
    let early = try folders.export(EvidenceFolders.seconds(3..<6), to: "early")
    let old = try folders.directory.data.loadCheckpointKey()
    let trail = try AuditTrail(directory: folders.directory.data)
    let reader = try AuditReader(directory: folders.directory.data)
    var rotations: [ProofFile] = []
    for second in 15...16 {
      let deed = AuditTrail.Deed(user: "u", reason: "yearly", time: EvidenceFolders.entry(.key, second).time)
      rotations.append(try reader.proof(of: try await trail.rotateCheckpointKey(deed).sequence))
    }
    _ = try await trail.append(EvidenceFolders.answer(17))
    try trail.close()
    let late = try folders.export(EvidenceFolders.seconds(3..<6), to: "late")
    for given in [[], [rotations[0]], rotations] {
      #expect(try EvidenceFolders.agreed(late, log, rotations: given).hasPrefix("holds: 3 records"))
      #expect(try EvidenceFolders.agreed(early, log, rotations: given).hasPrefix("holds: 3 records"))
    }
    // A later key is none that the log began with.
    #expect(
      try EvidenceFolders.agreed(late, folders.directory.data.loadCheckpointKey().key) == "refused: PRF014: log.vkey")

    // Whoever has a key that was given up signs for nothing of since, whatever the folder leaves out.
    let forged = folders.directory.data.path + "/forged"
    try FileManager.default.copyItem(atPath: late, toPath: forged)
    for place in 1...2 { try FileManager.default.removeItem(atPath: "\(forged)/rotation-\(place).tlog-proof") }
    var head = try #require(SignedNote(try EvidenceFolders.text(forged, "checkpoint")))
    head.signatures = [try old.sign(head.text)]
    try EvidenceFolders.write(head.description, forged, "checkpoint")
    try EvidenceFolders.sign(forged, at: head, by: old)
    #expect(try EvidenceFolders.agreed(forged, log).hasPrefix("holds"), "which only the proof from elsewhere shows")
    #expect(try EvidenceFolders.agreed(forged, log, rotations: [rotations[0]]) == "refused: PRF008: manifest.note")
    // Nor does a proof lead elsewhere than the one that was given.
    let between = folders.directory.data.path + "/between"
    try FileManager.default.copyItem(atPath: late, toPath: between)
    try EvidenceFolders.write(rotations[1].text, between, "rotation-1.tlog-proof")
    #expect(try EvidenceFolders.agreed(between, log) == "refused: PRF014: rotation-1.tlog-proof")
    #expect(try EvidenceFolders.agreed(between, log, rotations: rotations).hasPrefix("refused"))
  }

  /// A folder has its name when it is whole, and takes nobody's.
  @Test func aFolderThatIsNotWholeHasNoName() async throws {
    let folders = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(folders) {} }
    let path = folders.directory.data.path + "/folder"
    func parts() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folders.directory.data.path).filter {
        $0.hasPrefix("folder.part")
      }
    }
    var folder: EvidenceFolder? = try EvidenceFolder(path + "/")
    var other: EvidenceFolder? = try EvidenceFolder(path)
    #expect(folder != nil && other != nil)
    #expect(try parts().count == 2, "two that are made at once have nothing in common")
    folder = nil
    #expect(try parts().count == 1)
    withExtendedLifetime(other) {}
    other = nil
    #expect(try parts() == [] && !FileManager.default.fileExists(atPath: path))
    // What another process left, or what else is called so, is not touched.
    try FileManager.default.createDirectory(atPath: path + ".part", withIntermediateDirectories: false)
    try EvidenceFolders.write("left", path + ".part", "left")
    #expect(try folders.export(EvidenceFolders.seconds(3..<6), to: "folder") == path)
    #expect(try !EvidenceFolders.names(path).contains("left") && parts() == ["folder.part"])
    #expect(try EvidenceFolders.text(path + ".part", "left") == "left")
    #expect(throws: AuditError(.directoryUnusable)) { try EvidenceFolder(path) }
    #expect(throws: AuditError(.directoryUnusable)) { try EvidenceFolder(path + "/none/folder") }
  }

  /// What cannot be written gets no name, and takes nobody's.
  @Test func aFolderThatCannotBeWrittenHasNoName() async throws {
    let folders = try await EvidenceFolders(.sqlite)
    defer { withExtendedLifetime(folders) {} }
    let data = folders.directory.data
    func parts() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: data.path).filter { $0.hasPrefix("folder.part") }
    }
    let path = data.path + "/folder"
    #expect(throws: AuditError(.directoryUnusable)) { try EvidenceFolder(data.trail + "/folder") }
    let (log, reader) = (try folders.log(), try AuditReader(directory: data))
    let export = EvidenceExport(
      try reader.evidence(EvidenceFolders.seconds(3..<6), log: log), by: "j.doe", at: EvidenceFolders.time,
      hasContents: false, log: log, signer: try data.loadCheckpointKey())
    func write(after change: () throws -> Void, refused: (AuditError) -> Bool) throws {
      let folder = try EvidenceFolder(path)
      #expect(try parts().count == 1)
      try change()
      do throws(AuditError) {
        _ = try export.write(from: reader, into: folder, thresholds: { _ in nil })
        Issue.record("a folder was written")
      } catch {
        let isMeant = refused(error)
        #expect(isMeant, "\(error)")
      }
      withExtendedLifetime(folder) {}
    }
    // Taken away meanwhile.
    try write(after: {
      for part in try parts() { try FileManager.default.removeItem(atPath: "\(data.path)/\(part)") }
    }) { $0 == AuditError(.writeFailed, systemCode: 2) }
    #expect(try parts() == [] && !FileManager.default.fileExists(atPath: path))
    // Somebody else has the name by then.
    try write(after: {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      try EvidenceFolders.write("theirs", path, "file")
    }) { $0.code == .writeFailed }
    #expect(try parts() == [] && EvidenceFolders.names(path) == ["file"])
  }

  /// What the tree does not bear out is not given out.
  @Test(arguments: TestStore.atHand) func whatWasEditedIsNotGivenOut(_ store: TestStore) async throws {
    let folders = try await EvidenceFolders(store)
    defer { withExtendedLifetime(folders) {} }
    // A hash of the second record, which is in the paths of those behind it.
    try folders.directory.tamper("UPDATE tile SET hashes = flip(hashes, 40) WHERE id = 0")
    #expect(throws: AuditError(.treeDamaged)) { _ = try folders.export(EvidenceFolders.seconds(3..<6)) }
    try folders.directory.tamper("DELETE FROM record WHERE sequence = 4")
    #expect(throws: AuditError(.treeDamaged, sequence: 4)) { _ = try folders.export(EvidenceFolders.seconds(3..<6)) }
    let left = try FileManager.default.contentsOfDirectory(atPath: folders.directory.data.path)
    #expect(!left.contains { $0.hasPrefix("evidence") })
  }
}
