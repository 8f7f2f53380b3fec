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

      What was sent and fetched, links and the ids of resources are shown by vigil audit show --unmasked to the person who proposed
      it, for a day after another person approved it, and each such reading is a record that names the approval.
      Exit codes: 0 proposed, 64 wrong usage, 66 there is no such record, 73 the trail cannot be read or written.
      """)

  @Argument(help: "Number of the record.") var id: Int64
  @OptionGroup var deed: DeedArguments

  func run() async throws {
    do throws(AuditError) {
      let directory = DataDirectory(path: deed.data)
      let found = try AuditReader(directory: directory).find(one: id)
      var entry = AuditEntry(time: Instant(Date()), kind: .proposal)
      entry.outcome = Proposal.unmasking.rawValue
      entry.origin = deed.user
      entry.reason = deed.reason
      entry.note = Proposal.note(of: id)
      entry.patient = found.entry.patient
      DeedArguments.say(.unmasking, proposed: try await TrailInbox(directory).submit(entry).sequence)
    } catch {
      throw error.code == .notFound ? Failure.noInput("\(error)").exit() : Failure.trail("\(error)").exit()
    }
  }
}
