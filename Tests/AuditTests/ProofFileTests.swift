// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// Proofs that leave the trail, checked here and by the verifier in Python.
@Suite struct ProofFileTests {
  private func proofs(
    _ records: Int, of sequences: [Int64], in store: TestStore = .sqlite
  ) async throws -> (log: NoteKey, proofs: [ProofFile]) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...records { group.addTask { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) } }
      try await group.waitForAll()
    }
    let reader = try AuditReader(directory: directory.data)
    return (trail.logKey, try sequences.map { try reader.proof(of: $0) })
  }

  @Test(arguments: TestStore.atHand) func everyRecordIsProvedAndEveryChangeRefused(_ store: TestStore) async throws {
    let (log, proofs) = try await proofs(600, of: [1, 2, 256, 257, 511, 512, 513, 600], in: store)
    for proof in proofs {
      #expect(ProofFile(text: proof.text) == proof)
      #expect(proof.text.utf8.count < 3072, "small enough to mail")
      let record = try proof.record(log: log)
      #expect(record.sequence == proof.index + 1 && record.entry.kind == .answer)
    }
    let text = proofs[4].text
    // Each character of the file, changed by one bit, gives no proof or one that does not hold.
    for position in text.unicodeScalars.indices where text.unicodeScalars[position].isASCII {
      var scalars = text.unicodeScalars
      let changed = Unicode.Scalar(UInt8(scalars[position].value) ^ 1)
      scalars.replaceSubrange(position...position, with: [changed])
      let holds = ProofFile(text: String(scalars)).map { (try? $0.record(log: log)) != nil } ?? false
      #expect(!holds, "changed at \(text.unicodeScalars.distance(from: text.startIndex, to: position))")
    }
  }

  @Test func anotherLogsProofIsRefused() async throws {
    let (log, proofs) = try await proofs(3, of: [2])
    let other = try #require(NoteSigner(name: "example.com/other", kind: .log)).key
    #expect(throws: ProofFile.Fault.wrongOrigin) { try proofs[0].record(log: other) }
    let sameName = try #require(NoteSigner(name: log.name, kind: .log)).key
    #expect(throws: ProofFile.Fault.notSigned) { try proofs[0].record(log: sameName) }
  }

  @Test func witnessesAreCounted() async throws {
    let (log, proofs) = try await proofs(3, of: [2])
    let witnesses = try ["a", "b"].map { try #require(NoteSigner(name: "example.com/\($0)", kind: .witness)) }
    var proof = proofs[0]
    proof.checkpoint.signatures.append(
      try witnesses[0].cosign(proof.checkpoint.text, at: Instant(milliseconds: 1_000)))
    let keys = witnesses.map(\.key)
    _ = try proof.record(log: log, witnesses: keys, quorum: 1)
    #expect(throws: ProofFile.Fault.notCosigned) { try proof.record(log: log, witnesses: keys, quorum: 2) }
    // One who is named twice is one witness.
    let twice = [keys[0], keys[0]]
    #expect(throws: ProofFile.Fault.notCosigned) { try proof.record(log: log, witnesses: twice, quorum: 2) }
  }

  @Test func theVerifierInPythonAgrees() async throws {
    let (log, proofs) = try await proofs(300, of: [1, 200, 300])
    let script = SecondVerifier.proofs
    let folder = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: folder.data.path, withIntermediateDirectories: true)
    guard SecondVerifier.isAtHand else { return }
    for (number, proof) in proofs.enumerated() {
      let file = folder.data.path + "/\(number).tlog-proof"
      try Data(proof.text.utf8).write(to: URL(filePath: file))
      let good = try SecondVerifier.run([script, file, log.vkey])
      #expect(good.status == 0, "\(good.output)")
      #expect(good.output.contains("\"sequence\": \(proof.index + 1)"))
      var wrong = proof
      wrong.leaf[wrong.leaf.count - 1] ^= 1
      try Data(wrong.text.utf8).write(to: URL(filePath: file))
      #expect(try SecondVerifier.run([script, file, log.vkey]).status == 1)
    }
    // What is no proof is none to both.
    let whole = Array(proofs[0].text.utf8)
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    let others: [[UInt8]] = [Array(whole.dropLast()), bom + whole, whole + [0xFF, 0x0A], Array(whole.prefix(40)), []]
    for bytes in others {
      let file = folder.data.path + "/none"
      try Data(bytes).write(to: URL(filePath: file))
      #expect(String(validating: bytes, as: UTF8.self).flatMap(ProofFile.init(text:)) == nil)
      #expect(try SecondVerifier.run([script, file, log.vkey]).status == 1)
    }
    #expect(try SecondVerifier.run([script, folder.data.path + "/nowhere", log.vkey]).status == 2)
  }

  /// From the first key a proof of after two changes of the key holds by the proofs of these, in both programs; by no key before.
  @Test func aProofOfAfterARotationHoldsFromTheFirstKey() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let log = trail.logKey
    let first = try directory.data.loadCheckpointKey()
    let reader = try AuditReader(directory: directory.data)
    var proofs: [ProofFile] = []
    var second = first
    var rotations: [ProofFile] = []
    for turn in 0..<3 {
      _ = try await trail.append(fullEntry(turn))
      proofs.append(try reader.proof(of: trail.size))
      if turn == 2 { continue }
      if turn == 1 { second = try directory.data.loadCheckpointKey() }
      let time = fullEntry(turn).time
      let made = try await trail.rotateCheckpointKey(AuditTrail.Deed(user: "u", reason: "yearly", time: time))
      rotations.append(try reader.proof(of: made.sequence))
    }
    // A late proof of an early record is under the newest key.
    let late = try reader.proof(of: 1)
    let lateRotation = try reader.proof(of: 2)
    try trail.close()
    #expect(lateRotation == rotations[0])

    let script = SecondVerifier.proofs
    func holds(_ proof: ProofFile, _ given: [ProofFile]) throws -> Bool {
      var keys = LogKeys(log)
      let areAdded = given.allSatisfy { keys.add($0) }
      let record = areAdded ? try? proof.record(keys: keys) : nil
      if SecondVerifier.isAtHand {
        var arguments = [script, directory.data.path + "/proof", log.vkey]
        try Data(proof.text.utf8).write(to: URL(filePath: arguments[1]))
        for (place, rotation) in given.enumerated() {
          let file = directory.data.path + "/rotation-\(place)"
          try Data(rotation.text.utf8).write(to: URL(filePath: file))
          arguments += ["--rotation", file]
        }
        let said = try SecondVerifier.run(arguments)
        #expect((said.status == 0) == (record != nil), "\(said.output)")
        if let record { #expect(said.output.contains("\"sequence\": \(record.sequence)")) }
      }
      return record != nil
    }
    #expect(try holds(proofs[0], []) && holds(proofs[0], rotations))
    #expect(try holds(proofs[1], [rotations[0]]) && holds(proofs[1], rotations))
    #expect(try holds(proofs[2], rotations) && holds(late, rotations))
    #expect(try !holds(proofs[1], []) && !holds(proofs[2], [rotations[0]]) && !holds(late, []))
    // In another order, twice, or what introduces no key.
    #expect(
      try !holds(proofs[2], rotations.reversed()) && !holds(proofs[2], [rotations[0], rotations[0], rotations[1]]))
    #expect(try !holds(proofs[2], [proofs[0]] + rotations))
    // The key that was given up signs nothing that was made since, though it can.
    func signed(_ proof: ProofFile, by signer: NoteSigner) throws -> ProofFile {
      var proof = proof
      proof.checkpoint.signatures = [try signer.sign(proof.checkpoint.text)]
      return proof
    }
    let forged = try signed(proofs[1], by: first)
    #expect(try holds(forged, []) && !holds(forged, rotations) && !holds(forged, [rotations[0]]))
    // Nor does it introduce another key by a checkpoint behind its last one.
    var later = ProofFile(
      leaf: rotations[0].leaf, index: rotations[0].index,
      path: [MerkleHash.leaf(proofs[0].leaf), MerkleHash.leaf(proofs[1].leaf)], checkpoint: proofs[1].checkpoint)
    later = try signed(later, by: first)
    #expect(try holds(later, []) && !holds(proofs[1], [later]))
    // Whoever has a later key speaks for nothing that was before it: a chain that goes back is none.
    let thief = try #require(NoteSigner(name: log.name, kind: .log))
    var entry = AuditEntry(time: fullEntry(1).time, kind: .key)
    entry.note = thief.key.vkey
    let leaf = AuditRecord(sequence: 1, entry: entry, commitment: nil).leaf
    let checkpoint = Checkpoint(origin: log.name, size: 1, root: MerkleHash.leaf(leaf))
    var back = ProofFile(
      leaf: leaf, index: 0, path: [], checkpoint: SignedNote(text: checkpoint.text, signatures: []))
    back = try signed(back, by: second)
    let past = try signed(proofs[1], by: thief)
    #expect(try !holds(past, [rotations[0], back]) && !holds(proofs[1], [rotations[0], back]))
    var keys = LogKeys(second.key)
    let isGood = keys.add(back)
    #expect(isGood, "but for its place")
  }
}
