// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit release`: a legal hold ends.
struct AuditRelease: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Propose to release the legal holds on a patient's records.",
    discussion: """
      Example: vigil audit release --patient syn-septic --user j.doe --reason "case 2026-17 closed"
               vigil audit approve release 4711 --user b.ndiaye

      Once another person approved it, erasure of the patient is possible again.
      Every client counts its own patients: --client names whose it is (vigil audit list shows the clients).
      Put on record by the running service, or by this process when there is none.
      Exit codes: 0 proposed, 64 wrong usage, 66 the trail knows no such patient, 73 refused or not to be written (the code says why).
      """)

  @OptionGroup var subject: PatientArguments
  @OptionGroup var deed: DeedArguments

  func run() async throws {
    try await deed.propose(.release, on: subject)
  }
}
