// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit unmask`: somebody asks to read of a record what names its patient.
struct AuditUnmask: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmask", abstract: "Propose to read of a record what names its patient; another person approves it.",
    discussion: """
      Example: vigil audit unmask 17 --user j.doe --reason "complaint 2026-17"
               vigil audit approve unmasking 4711 --user b.ndiaye
               vigil audit show 17 --unmasked --user j.doe
               vigil audit unmask 17 --emergency --user j.doe --reason "unconscious, allergies"

      What was sent and fetched, links and the ids of resources are shown by vigil audit show --unmasked to the person who proposed
      it, for a day after another person approved it, and each such reading is a record that names the approval.
      With --emergency it is shown at once, to whoever asks and says why. It is on record before it is shown, running services say so in
      their log and metrics within a second, and it stands in vigil audit list --to-review until another person has signed it (vigil audit review).
      Exit codes: 0 proposed or shown, 64 wrong usage, 66 there is no such record, 73 the trail cannot be read or written.
      """)

  @Argument(help: "Number of the record.") var id: Int64
  @OptionGroup var deed: DeedArguments
  @Flag(help: "Show it at once; another person reviews the reading afterwards.") var emergency = false

  func run() async throws {
    do throws(AuditError) {
      let directory = DataDirectory(path: deed.data)
      if emergency { return try await show(in: directory) }
      let found = try AuditReader(directory: directory).find(one: id)
      var entry = AuditEntry(time: Instant(Date()), kind: .proposal)
      entry.outcome = Proposal.unmasking.rawValue
      entry.origin = deed.user
      entry.reason = deed.reason
      entry.note = Proposal.note(of: id)
      entry.patient = found.entry.patient
      DeedArguments.say(.unmasking, proposed: try await TrailInbox(directory).submit(entry).sequence)
    } catch {
      throw Failure.exit(error)
    }
  }

  private func show(in directory: DataDirectory) async throws(AuditError) {
    let reader = try AuditReader(directory: directory)
    let record = try reader.record(id)
    let amendments = try reader.amendments(of: record)
    let reading = EmergencyReading.entry(of: record, by: deed.user, because: deed.reason, at: Instant(Date()))
    // Before anything is shown: what cannot be put on record is not.
    let sequence = try await TrailInbox(directory).submit(reading).sequence
    print(record.json(with: amendments, isMasked: false).text(pretty: true))
    Failure.say(
      "on record as \(sequence), which another person is to review: vigil audit review \(sequence) --user ...")
  }
}
