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
               vigil audit prove 812 --output rotation.tlog-proof
               vigil audit check-report access.html --key log.vkey --rotation rotation.tlog-proof

      Reads FILE and FILE.note. A report bears the signature of the key that was the log's when it was made. After a rotation of the key
      give the proof of the record that introduced the new one (kind key), under --rotation, of several in their order: a report that was
      made since is refused when the key before signed it. Without --rotation only the key that is given is believed.

      Exit codes: 0 the file is what the log's key signed, 1 it is not, 64 wrong usage, 66 no such file, or a proof does not hold.
      """)

  @Argument(help: "The report.") var file: String
  @OptionGroup var log: RotationArguments

  func run() throws {
    guard let note = try? String(contentsOfFile: file + ".note", encoding: .utf8),
      let digest = try? OutputFile.digest(of: file)
    else { throw Failure.noInput("cannot read \(file) and \(file).note").exit() }
    let keys = try log.keys
    guard let signature = FileSignature(note, as: .report), signature.holds(for: digest, keys: keys),
      let checkpoint = signature.checkpoint
    else {
      print("does not hold: the file is not what the log's key of then signed")
      throw ExitCode(1)
    }
    print("holds: made of the records 1 to \(checkpoint.size) of \(checkpoint.origin)")
  }
}
