// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit amend`: what is right instead of what a record says.
struct AuditAmend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "amend", abstract: "Say what is right instead of what a record says, which stays as it is.",
    discussion: """
      Example: vigil audit amend 17 --user j.doe --reason "wrong weight in the source" --text "weight was 80 kg, not 800"

      The amendment is a record of its own, with who, when and why, and stands beside the record in vigil audit show and on its page. Its text
      is sealed under the data key of the record's patient, so it may say what is the patient's: it is shown where what names the patient is
      (vigil audit unmask), and goes with an erasure. The reason is not sealed.
      A record about nobody, or about a patient who was erased, is not amended, nor is an amendment: amend the record that it corrects once more.

      Done by the running service, or by this process when there is none.
      Exit codes: 0 amended, 64 wrong usage, 66 there is no such record, 73 refused or not to be written (the code says why).
      """)

  @Argument(help: "Number of the record.") var id: Int64
  @OptionGroup var deed: DeedArguments
  @Option(help: "What is right; sealed with what is the patient's.", transform: RecordedText.text)
  var text: String

  func run() async throws {
    var entry = AuditEntry(time: Instant(Date()), kind: .amendment)
    entry.origin = deed.user
    entry.reason = deed.reason
    entry.amends = id
    entry.payload = AuditPayload(amendment: text)
    do throws(AuditError) {
      let sequence = try await TrailInbox(DataDirectory(path: deed.data)).submit(entry).sequence
      print("amended, on record as \(sequence)")
    } catch {
      throw Failure.exit(error)
    }
  }
}
