// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// `vigil audit prove`: one record with the proof that it is in the trail.
struct AuditProve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove", abstract: "Write the proof that a record is in the trail.",
    discussion: """
      Example: vigil audit prove 17 --output 17.tlog-proof

      The file (C2SP tlog-proof) holds the record and checks years later without network and without the trail:
      vigil audit check-proof, or docs/verify/check_proof.py. It names the patient by a token only. That it was asked for is
      itself a record. Exit codes: 0 written, 64 wrong
      usage, 66 there is no such record, 73 the trail cannot be read or the file not written.
      """)

  @Argument(help: "Number of a record.") var id: Int64
  @Option(help: "Folder of the trail.") var data = "var"
  @Option(help: "File to write; standard output when absent.") var output: String?
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?

  func run() async throws {
    let proof: ProofFile
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      let reader = try AuditReader(directory: directory)
      proof = try reader.proof(of: id)
      let shown = ShownPatients([try reader.find(one: id)])
      try await ReadRecord.append("prove \(id)", showing: shown, user: user, in: directory)
    } catch {
      throw Failure.exit(error)
    }
    guard let output else { return print(proof.text, terminator: "") }
    do {
      try Data(proof.text.utf8).write(to: URL(filePath: output))
    } catch {
      throw Failure.trail("cannot write \(output)").exit()
    }
  }
}
