// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// `vigil audit check-report`: one report against a public key, nothing else.
struct AuditCheckReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-report", abstract: "Check the signature of a report offline.",
    discussion: """
      Example: vigil audit check-report access.html --key log.vkey

      Reads FILE and FILE.note. After a rotation of the log's key give the keys that reports are signed with since then as well:
      --key may be repeated (the record of kind key names each). Exit codes: 0 the file is what the log's key signed, 1 it is not,
      64 wrong usage, 66 no such file.
      """)

  @Argument(help: "The report.") var file: String
  @Option(help: "File with the log's public key, or the key itself; may be repeated.") var key: [String]

  func run() throws {
    guard let bytes = FileManager.default.contents(atPath: file),
      let text = try? String(contentsOfFile: file + ".note", encoding: .utf8)
    else { throw Failure.noInput("cannot read \(file) and \(file).note").exit() }
    let keys: [NoteKey]
    do throws(AuditError) {
      keys = try key.map { argument throws(AuditError) in try AuditVerify.key(argument) }
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
    guard let signature = ReportSignature(text), signature.holds(for: Array(bytes), keys: keys),
      let checkpoint = signature.checkpoint
    else {
      print("does not hold: the file is not what the key signed")
      throw ExitCode(1)
    }
    print("holds: made of the records 1 to \(checkpoint.size) of \(checkpoint.origin)")
  }
}
