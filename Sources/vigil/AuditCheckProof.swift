// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit check-proof`: one proof file against a public key, nothing else.
struct AuditCheckProof: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-proof", abstract: "Check a proof file offline.",
    discussion: """
      Example: vigil audit check-proof 17.tlog-proof --key log.vkey
               vigil audit check-proof 4711.tlog-proof --key log.vkey --rotation rotation.tlog-proof

      Prints the record when everything holds: the log signed the checkpoint, enough witnesses cosigned it, and the record is in
      its tree in its place. After a rotation of the log's key give the proof of the record that introduced the new one (kind key) under
      --rotation, of several in their order: what was signed since then is refused when the key before signed it.
      Exit codes: 0 it holds, 1 it does not (the reason is said), 64 wrong usage, 66 no such file, or a rotation that proves none.
      """)

  @Argument(help: "The proof file.") var file: String
  @OptionGroup var log: RotationArguments
  @OptionGroup var witnesses: WitnessArguments
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw Failure.noInput("cannot read \(file)").exit()
    }
    let (keys, cosigners) = (try log.keys, try witnesses.keys)
    do throws(ProofFile.Fault) {
      guard let proof = String(validating: bytes, as: UTF8.self).flatMap(ProofFile.init(text:)) else {
        throw .notAProof
      }
      let record = try proof.record(keys: keys, witnesses: cosigners, quorum: witnesses.quorum(of: cosigners))
      let checkpoint = Checkpoint(text: proof.checkpoint.text)
      let size = checkpoint?.size ?? 0
      if json {
        let result: JSON = ["holds": .boolean(true), "size": .number(Int(size)), "record": record.json]
        print(String(decoding: result.encoded(pretty: false), as: UTF8.self))
      } else {
        print(String(decoding: record.json.encoded(pretty: true), as: UTF8.self))
        print("holds: record \(record.sequence) of the \(size) that \(checkpoint?.origin ?? "") signed for")
      }
    } catch {
      print("\(error.rawValue): \(error.title)")
      throw ExitCode(1)
    }
  }
}
