// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import FHIR
import Foundation

/// `vigil audit approve`: what another person proposed is done.
struct AuditApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Have done what another person proposed to do to a patient's records.",
    discussion: """
      Example: vigil audit list --kind proposal
               vigil audit approve erasure 4711 --user b.ndiaye
               vigil audit approve release 4712 --case 2026-17 --user b.ndiaye

      An erasure, a purge, the release of a legal hold and the reading of what names a patient are proposed by one person (vigil audit erase,
      purge, release, unmask) and approved by another: nobody approves a proposal of their own, however the name is written. It is done by the
      running service, or by this process when there is none, and both names are on record. What was proposed is done once, and
      within thirty days. What is approved is named, so that a slip in the number approves nothing else; with
      --case it is the release of all holds of that case, without it never. The release of a case that was cut short is approved again, and
      goes on.
      Exit codes: 0 done, 64 wrong usage, 66 nothing waits under this number, 73 refused or not to be written (the code says why).
      """)

  @Argument(help: "What is approved.") var what: Proposal
  @Argument(help: "Number of the record that proposes it.") var number: Int64
  @Option(
    name: .customLong("case"), help: "The case of which all holds end; absent where the release is of one patient.",
    transform: RecordedText.caseName)
  var legalCase: String?
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Who approves it, as the site names people.", transform: RecordedText.name)
  var user: String

  func validate() throws {
    guard legalCase == nil || what == .release else { throw ValidationError("--case is of a release") }
  }

  func run() async throws {
    var entry = AuditEntry(time: Instant(Date()), kind: .approval)
    entry.origin = user
    entry.proposal = number
    entry.outcome = what.rawValue
    entry.legalCase = legalCase
    let directory = DataDirectory(path: data)
    do throws(AuditError) {
      let done = try await TrailInbox(directory).submit(entry)
      print("\(what.rawValue) done, on record as \(done.sequence)")
      if !done.isWiped {
        print(
          """
          The wiping is finished when what reads an older state of the trail has ended (a verification, a backup): the running \
          service tries every second, and the next start does it.
          """)
      }
      let reader = try? AuditReader(directory: directory)
      if let legalCase {
        try await goOn(entry, reader, directory)
        print("all holds of case \(VisibleText.of(legalCase)) that were put on before it was proposed have ended")
      }
      if let proposal = try? reader?.record(number).entry {
        print("proposed by \(VisibleText.of(proposal.origin ?? "?")): \(VisibleText.of(proposal.reason ?? "?"))")
      }
    } catch {
      throw Failure.exit(error)
    }
  }

  /// Approves the release of a case again where holds are left.
  private func goOn(
    _ asked: AuditEntry, _ reader: AuditReader?, _ directory: DataDirectory
  ) async throws(AuditError) {
    guard let reader else { throw AuditError(.readFailed) }
    var entry = asked
    do throws(AuditError) {
      while try reader.isReleaseUnfinished(number) {
        entry.time = Instant(Date())
        _ = try await TrailInbox(directory).submit(entry)
      }
    } catch  where error.code == .notFound {
      // Somebody else's approval has ended the last meanwhile, or the proposal has lapsed.
      guard try !reader.isReleaseUnfinished(number) else { throw error }
    }
  }
}

extension Proposal: ExpressibleByArgument {}
