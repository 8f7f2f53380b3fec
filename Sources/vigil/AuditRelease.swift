// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit release`: a legal hold ends.
struct AuditRelease: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Propose to release the legal holds on a patient's records, or those of a case.",
    discussion: """
      Example: vigil audit release --patient syn-septic --user j.doe --reason "complaint settled"
               vigil audit release --patient syn-septic --case 2026-17 --user j.doe --reason "not concerned"
               vigil audit release --case 2026-17 --user j.doe --reason "closed"
               vigil audit approve release 4711 --user b.ndiaye
               vigil audit approve release 4712 --case 2026-17 --user b.ndiaye

      Once another person approved it, erasure of the patient is possible again, where no other hold is on them: with --case the holds of
      that case end, without it those of no case. --case without a patient ends all holds of the case that were put on until then, on record
      for each patient, and is approved with that --case; an approval that was cut short is said again and goes on.
      Every client counts its own patients: --client names whose it is (vigil audit list shows the clients).
      Put on record by the running service, or by this process when there is none.
      Exit codes: 0 proposed, 64 wrong usage, 66 the trail knows no such patient or hold, 73 refused or not to be written (the code says why).
      """)

  @Option(help: "The patient's identifier, as the requests give it; all patients of the case when absent.")
  var patient: String?
  @Option(help: "Id of the client whose patient it is; left out where no clients were configured.") var client = ""
  @Option(
    name: .customLong("case"), help: "The case whose holds end; those of no case when absent.",
    transform: RecordedText.caseName)
  var legalCase: String?
  @OptionGroup var deed: DeedArguments

  func validate() throws {
    guard patient != nil || legalCase != nil else { throw ValidationError("say --patient, --case or both") }
    guard patient != nil || client.isEmpty else { throw ValidationError("--client says whose the --patient is") }
  }

  func run() async throws {
    try await deed.propose(.release, to: patient, of: client, legalCase: legalCase)
  }
}
