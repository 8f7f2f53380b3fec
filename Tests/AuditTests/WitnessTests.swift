// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// A witness cosigns only what grows out of what it cosigned before, whatever it is asked and however often it is started.
@Suite struct WitnessTests {
  private let now = Instant(milliseconds: 1_800_000_000_000)

  private func trail(
    _ count: Int, in store: TestStore = .sqlite
  ) async throws -> (directory: TemporaryDirectory, trail: AuditTrail) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...count { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    return (directory, trail)
  }

  private func witness(_ directory: TemporaryDirectory, _ logs: NoteKey...) throws -> (Witness, NoteKey) {
    let signer = try directory.data.loadOrCreateWitnessKey(named: "witness.example")
    return (try Witness(signer: signer, logs: logs, directory: directory.data), signer.key)
  }

  private func request(_ trail: AuditTrail, from old: Int64) throws -> AddCheckpointRequest {
    let (proof, checkpoint) = try AuditReader(directory: trail.directory).consistency(from: old)
    return AddCheckpointRequest(old: old, proof: proof, checkpoint: checkpoint)
  }

  /// The statuses of C2SP tlog-witness, each for its cause.
  @Test func theTableOfAnswers() async throws {
    let (trailFolder, trail) = try await trail(5)
    defer { withExtendedLifetime(trailFolder) {} }
    let folder = TemporaryDirectory()
    let (witness, key) = try witness(folder, trail.logKey)
    let first = try request(trail, from: 0)
    #expect(await witness.addCheckpoint("old x\n\n", at: now).status == 400)
    #expect(await witness.addCheckpoint("", at: now).status == 400)
    var ahead = first
    ahead.old = 6
    #expect(await witness.addCheckpoint(ahead.body, at: now).status == 400, "the old size is larger than the new")
    var early = first
    early.old = 3
    let conflict = await witness.addCheckpoint(early.body, at: now)
    #expect(conflict == .init(status: 409, body: "0\n") && conflict.mediaType == "text/x.tlog.size")
    var proved = first
    proved.proof = [.empty]
    #expect(await witness.addCheckpoint(proved.body, at: now).status == 422, "of nothing there is no proof")
    var unsigned = first
    unsigned.checkpoint.signatures[0].bytes[3] ^= 1
    #expect(await witness.addCheckpoint(unsigned.body, at: now).status == 403)
    var other = first
    other.checkpoint.signatures[0].keyID ^= 1
    #expect(await witness.addCheckpoint(other.body, at: now).status == 403)

    let answer = await witness.addCheckpoint(first.body, at: now)
    #expect(answer.status == 200)
    let line = try #require(SignedNote.Signature(line: answer.body.dropLast()))
    #expect(key.isValid(line.bytes, of: first.checkpoint.text))
    #expect(NoteKey.time(ofCosignature: line.bytes) == 1_800_000_000)
    #expect(await witness.addCheckpoint(first.body, at: now) == .init(status: 409, body: "5\n"))
    #expect(await witness.addCheckpoint(try request(trail, from: 5).body, at: now).status == 200, "the same again")

    for number in 6...9 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let second = try request(trail, from: 5)
    var flipped = second
    flipped.proof.swapAt(0, flipped.proof.count - 1)
    #expect(await witness.addCheckpoint(flipped.body, at: now).status == 422)
    #expect(await witness.addCheckpoint(second.body, at: now).status == 200)

    let (strangerFolder, stranger) = try await self.trail(2)
    defer { withExtendedLifetime(strangerFolder) {} }
    #expect(await witness.addCheckpoint(try request(stranger, from: 0).body, at: now).status == 404)
  }

  /// Everything the log's owner can do with all keys: another history of the same name, as long or longer, and an older state.
  @Test func aForkIsRefusedEverAfter() async throws {
    let (directory, trail) = try await trail(4)
    let fork = try directory.copy()
    let folder = TemporaryDirectory()
    var (witness, key) = try witness(folder, trail.logKey)
    for number in 5...8 { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
    let reader = try AuditReader(directory: directory.data)
    let note = try await reader.cosigned(by: key) { await witness.addCheckpoint($0, at: self.now) }
    try await trail.keep(note, of: key)
    #expect(try reader.lastCosigned(by: key) == 8)
    try await witness.close()
    (witness, _) = try self.witness(folder, trail.logKey)

    let forked = try AuditTrail(directory: fork.data)
    let forkedReader = try AuditReader(directory: fork.data)
    for number in 5...12 {
      // Shorter than what was cosigned, as long, longer.
      await #expect(throws: AuditError.self) {
        try await forkedReader.cosigned(by: key) { await witness.addCheckpoint($0, at: self.now) }
      }
      _ = try await forked.append(fullEntry(number + 100, payloadBytes: 0))
    }
    await #expect(throws: AuditError(.witnessContradicts, sequence: 8)) {
      try await forkedReader.cosigned(by: key) { await witness.addCheckpoint($0, at: self.now) }
    }
    _ = try await trail.append(fullEntry(9, payloadBytes: 0))
    let third = try await reader.cosigned(by: key) { await witness.addCheckpoint($0, at: self.now) }
    #expect(Checkpoint(text: third.text)?.size == 9, "the history it knows goes on")
  }

  @Test(arguments: TestStore.atHand) func cosignaturesAreKeptProvedAndVerified(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(5, in: store)
    let folder = TemporaryDirectory()
    let (witness, key) = try witness(folder, trail.logKey)
    let reader = try AuditReader(directory: directory.data)
    try await trail.keep(try await reader.cosigned(by: key) { await witness.addCheckpoint($0, at: self.now) }, of: key)
    let proof = try reader.proof(of: 3)
    #expect(try proof.record(log: trail.logKey, witnesses: [key], quorum: 1).sequence == 3)
    var anchors = TrailVerification.Anchors(log: trail.logKey)
    anchors.witnesses = [key]
    let result = try TrailVerification(directory.data, against: anchors)
    #expect(result.faults == [] && result.cosignatures == 1)
    guard store == .sqlite else { return }
    // A cosignature of another time under the same text.
    try await trail.database.write { database in
      let trigger = try String.fetchOne(
        database, sql: "SELECT sql FROM sqlite_schema WHERE name = 'cosignature_no_update'")
      try database.execute(sql: "DROP TRIGGER cosignature_no_update")
      let line = try String.fetchOne(database, sql: "SELECT line FROM cosignature") ?? ""
      var signature = try #require(SignedNote.Signature(line: line.dropLast()))
      signature.bytes[7] ^= 1
      try database.execute(sql: "UPDATE cosignature SET line = ?", arguments: [signature.line])
      try database.execute(sql: trigger ?? "")
    }
    #expect(try TrailVerification(directory.data, against: anchors).faults.map(\.code) == [.cosignatureInvalid])
  }

  /// Two clients at once: of each round one is cosigned, and never two histories.
  @Test func twoClientsRace() async throws {
    let (leftFolder, left) = try await trail(1)
    defer { withExtendedLifetime(leftFolder) {} }
    let folder = TemporaryDirectory()
    let (witness, _) = try witness(folder, left.logKey)
    #expect(await witness.addCheckpoint(try request(left, from: 0).body, at: now).status == 200)
    for size in 1...40 as ClosedRange<Int64> {
      _ = try await left.append(fullEntry(Int(size) + 1, payloadBytes: 0))
      let body = try request(left, from: size).body
      let statuses = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { await witness.addCheckpoint(body, at: now).status } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [200, 409, 409, 409])
    }
  }

  @Test func oneFolderHasOneWitness() async throws {
    let (trailFolder, trail) = try await trail(1)
    defer { withExtendedLifetime(trailFolder) {} }
    let folder = TemporaryDirectory()
    let (first, key) = try witness(folder, trail.logKey)
    #expect(throws: AuditError(.secondWriter)) { try witness(folder, trail.logKey) }
    try await first.close()
    #expect(try witness(folder, trail.logKey).1 == key, "the key is made once")
  }

  /// What it cosigned last cannot be read: it must not begin anew.
  @Test(arguments: ["", "example\n1\n", "damaged"]) func aDamagedStateIsNoBeginning(_ content: String) async throws {
    let (trailFolder, trail) = try await trail(2)
    defer { withExtendedLifetime(trailFolder) {} }
    let folder = TemporaryDirectory()
    let (witness, _) = try witness(folder, trail.logKey)
    let body = try request(trail, from: 0).body
    #expect(await witness.addCheckpoint(body, at: now).status == 200)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.data.path) where name.hasSuffix("checkpoint")
    {
      try Data(content.utf8).write(to: URL(filePath: folder.data.path + "/" + name))
    }
    #expect(await witness.addCheckpoint(body, at: now).status == 500)
  }

  @Test func policiesAreReadStrictly() throws {
    let key = try #require(NoteSigner(name: "w.example", kind: .witness)).key
    let log = try #require(NoteSigner(name: "l.example", kind: .log)).key
    let text = "# ours\n\nwitness w \(key.vkey) https://w.example/\nwitness v \(key.vkey)\n"
    let policy = try #require(WitnessPolicy(text: text))
    #expect(policy.members.map(\.key) == [key, key])
    #expect(policy.members.map(\.url) == ["https://w.example", nil])
    for text in ["witness w\n", "witness w \(log.vkey)\n", "quorum all\n", "witness w \(key.vkey) a b\n"] {
      #expect(WitnessPolicy(text: text) == nil)
    }
  }
}
