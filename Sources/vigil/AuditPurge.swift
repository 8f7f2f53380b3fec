// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit purge`: what was kept for as long as it had to be is made unreadable.
struct AuditPurge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Propose to make unreadable what was kept of patients for as long as it had to be.",
    discussion: """
      Example: vigil audit purge --days 3650 --dry-run
               vigil audit purge --days 3650 --user j.doe --reason "yearly"
               vigil audit purge --days 7300 --client pediatrics --user j.doe --reason "yearly"
               vigil audit approve purge 4711 --user b.ndiaye

      Of patients of whom nothing was recorded for so many days the data keys are destroyed, once another person approved it: requests,
      features and answers cannot be opened any more, records, checkpoints and proofs stay. A patient who came back is kept whole;
      one on whom is a legal hold too. Each client may have a time of its own. What is about no patient is not purged. Every record is
      held against the newest checkpoint before anything is destroyed. --dry-run only counts, on record as a reading; fewer than 11 are told as
      <11.
      Exit codes: 0 counted or proposed, 64 wrong usage, 73 refused, damaged or not to be written (the code says why).
      """)

  @Option(help: "Days that have gone by since the last record of a patient.") var days: Int
  @Option(help: "Only patients of this client; of all when absent.", transform: RecordedText.name)
  var client: String?
  @Flag(help: "Only count whom it would be.") var dryRun = false
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Who proposes it, as the site names people; stands in the record.", transform: RecordedText.name)
  var user: String?
  @Option(help: "Why; stands in the record.", transform: RecordedText.text)
  var reason: String?

  func validate() throws {
    guard days >= 0, days <= 36_500 else { throw ValidationError("--days must be 0 to 36500") }
    guard dryRun || (user != nil && reason != nil) else { throw ValidationError("say --user and --reason") }
  }

  func run() async throws {
    let directory = DataDirectory(path: data)
    let now = Instant(Date())
    let cutoff = now.advanced(byHours: -24 * Double(days))
    do throws(AuditError) {
      guard dryRun else {
        var entry = AuditEntry(time: now, kind: .proposal)
        entry.outcome = Proposal.purge.rawValue
        entry.origin = user
        entry.reason = reason
        entry.instant = cutoff
        entry.client = client
        return DeedArguments.say(.purge, proposed: try await TrailInbox(directory).submit(entry).sequence)
      }
      let progress = Progress()
      let found = try Retention(
        of: try AuditReader(directory: directory), before: cutoff, client: client, log: try directory.loadLogKey()
      ) { progress.report("records", Int($0), of: Int($1)) }
      progress.finish()
      // A count is an answer about patients, though it names none.
      let question = "purge of \(days) days" + (client.map { ", client \($0)" } ?? "")
      try await ReadRecord.append(question, user: user, in: directory)
      let patients = found.patients.count
      let payloads = SmallCell.isSmall(patients) ? "their payloads" : "\(found.payloads) payloads"
      print(
        "\(SmallCell.text(patients)) patients with \(payloads), last seen before \(cutoff); "
          + "\(SmallCell.text(found.held)) more are held")
    } catch {
      throw Failure.trail("\(error)").exit()
    }
  }
}
