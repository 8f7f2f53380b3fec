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

      Prints the record when everything holds: the log signed the checkpoint, enough witnesses cosigned it, and the record is in
      its tree in its place. Exit codes: 0 it holds, 1 it does not (the reason is said), 64 wrong usage, 66 no such file.
      """)

  @Argument(help: "The proof file.") var file: String
  @Option(help: "File with the log's public key, or the key itself.") var key: String
  @Option(help: "File with a witness's public key, or the key itself; may be repeated.") var witness: [String] = []
  @Option(help: "How many of the witnesses must have cosigned; all of them when absent.") var quorum: Int?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw Failure.noInput("cannot read \(file)").exit()
    }
    let log: NoteKey
    let witnesses: [NoteKey]
    do throws(AuditError) {
      log = try AuditVerify.key(key)
      witnesses = try witness.map { argument throws(AuditError) in try AuditVerify.key(argument) }
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
    do throws(ProofFile.Fault) {
      guard let proof = String(validating: bytes, as: UTF8.self).flatMap(ProofFile.init(text:)) else {
        throw .notAProof
      }
      let record = try proof.record(log: log, witnesses: witnesses, quorum: quorum ?? witnesses.count)
      let size = Checkpoint(text: proof.checkpoint.text)?.size ?? 0
      if json {
        let result: JSON = ["holds": .boolean(true), "size": .number(Int(size)), "record": record.json]
        print(String(decoding: result.encoded(pretty: false), as: UTF8.self))
      } else {
        print(String(decoding: record.json.encoded(pretty: true), as: UTF8.self))
        print("holds: record \(record.sequence) of the \(size) that \(log.name) signed for")
      }
    } catch {
      print("\(error.rawValue): \(error.title)")
      throw ExitCode(1)
    }
  }
}
