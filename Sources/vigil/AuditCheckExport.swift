// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit check-export`: records that were given out with their proofs, against a public key and nothing else.
struct AuditCheckExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-export", abstract: "Check records that were exported as evidence offline.",
    discussion: """
      Example: vigil audit check-export case-2026-17 --key log.vkey
               vigil audit check-export case-2026-17 --key log.vkey --witness witness.vkey --json

      Looks at every file of a folder that vigil audit export --format evidence wrote: the log's key signed for it, there is none more and
      none less, the checkpoint is signed, each record is in its tree in its place, each line says what its leaf says, and a content is
      what its record commits to. Says the file and the line of the first fault, else how many records there are, and how many between
      the first and the last are not shown. The key is what the log began with and comes from elsewhere, not out of the folder; proofs of the records
      that introduced later ones lie in the folder. One that was given to you by another way is named with --rotation: then nothing is believed that the key before
      signed since. docs/verify/check_export.py does the same.

      Exit codes: 0 it holds, 1 it does not (what and where is said), 64 wrong usage, 66 no such folder or key, or a rotation that proves none.
      """)

  @Argument(help: "The folder.") var folder: String
  @OptionGroup var log: RotationArguments
  @OptionGroup var witnesses: WitnessArguments
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder)) != nil else {
      throw Failure.noInput("cannot read \(folder)").exit()
    }
    let (known, cosigners) = (try log.keys, try witnesses.keys)
    do throws(EvidenceFault) {
      let check = try EvidenceCheck(folder, keys: known, witnesses: cosigners, quorum: witnesses.quorum(of: cosigners))
      print(json ? check.json.text() : check.description)
    } catch {
      print(json ? error.json.text() : error.description)
      throw ExitCode(1)
    }
  }
}
