// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit hold`: a patient's records are held against erasure.
struct AuditHold: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Put a legal hold on a patient's records.",
    discussion: """
      Example: vigil audit hold --patient syn-septic --user j.doe --reason "case 2026-17"

      While it is on, erasure of the patient is refused. Of a patient of whom the trail has nothing it is refused (66), so that no slip in the
      identifier or the client passes for a hold; --ahead holds one who has yet to come, from the first record on.
      Every client counts its own patients: --client names whose it is (vigil audit list shows the clients).
      Done by the running service, or by this process when there is none.
      Exit codes: 0 done, 64 wrong usage, 66 the trail knows no such patient, 73 refused or not to be written (the code says why).
      """)

  @OptionGroup var subject: PatientArguments
  @OptionGroup var deed: DeedArguments

  @Flag(help: "Hold the patient also when the trail has nothing of them yet.") var ahead = false

  func run() async throws {
    let sequence = try await deed.perform(.hold, on: subject, outcome: ahead ? AuditEntry.ahead : nil)
    print("held, on record as \(sequence)")
  }
}
