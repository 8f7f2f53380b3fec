// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit erase`: that a patient's data keys are destroyed.
struct AuditErase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Propose to make everything that was said about a patient unreadable, for ever.",
    discussion: """
      Example: vigil audit erase --patient syn-septic --user j.doe --reason "request of the patient"
               vigil audit approve erasure 4711 --user b.ndiaye

      Another person approves it; then the patient's data keys are destroyed: requests, features, answers of theirs cannot be opened any more, and the
      patient is not found. Records, checkpoints and proofs stay valid. A backup of before holds the keys as they were: let it end as well.
      Every client counts its own patients: --client names whose it is (vigil audit list shows the clients).
      Put on record by the running service, or by this process when there is none.
      Exit codes: 0 proposed, 64 wrong usage, 66 the trail knows no such patient, 73 refused or not to be written (the code says why).
      """)

  @OptionGroup var subject: PatientArguments
  @OptionGroup var deed: DeedArguments

  func run() async throws {
    try await deed.propose(.erasure, to: subject.patient, of: subject.client)
  }
}
