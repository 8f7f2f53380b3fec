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
  }

  @Test func theVerifierInPythonAgrees() async throws {
    let (log, proofs) = try await proofs(300, of: [1, 200, 300])
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/verify/check_proof.py").path
    let folder = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: folder.data.path, withIntermediateDirectories: true)
    guard try python(["-c", "import cryptography"]).status == 0 else {
      print("skipped: Python's cryptography is not at hand (apt install python3-cryptography)")
      return
    }
    for (number, proof) in proofs.enumerated() {
      let file = folder.data.path + "/\(number).tlog-proof"
      try Data(proof.text.utf8).write(to: URL(filePath: file))
      let good = try python([script, file, log.vkey])
      #expect(good.status == 0, "\(good.output)")
      #expect(good.output.contains("\"sequence\": \(proof.index + 1)"))
      var wrong = proof
      wrong.leaf[wrong.leaf.count - 1] ^= 1
      try Data(wrong.text.utf8).write(to: URL(filePath: file))
      #expect(try python([script, file, log.vkey]).status == 1)
    }
    // What is no proof is none to both.
    let whole = Array(proofs[0].text.utf8)
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    let others: [[UInt8]] = [Array(whole.dropLast()), bom + whole, whole + [0xFF, 0x0A], Array(whole.prefix(40)), []]
    for bytes in others {
      let file = folder.data.path + "/none"
      try Data(bytes).write(to: URL(filePath: file))
      #expect(String(validating: bytes, as: UTF8.self).flatMap(ProofFile.init(text:)) == nil)
      #expect(try python([script, file, log.vkey]).status == 1)
    }
    #expect(try python([script, folder.data.path + "/nowhere", log.vkey]).status == 2)
  }

  private func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
