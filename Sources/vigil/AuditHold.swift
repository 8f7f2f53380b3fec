// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit hold`: patients' records are held against erasure.
struct AuditHold: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Put a legal hold on a patient's records, or on those of all whom a case is about.",
    discussion: """
      Example: vigil audit hold --patient syn-septic --user j.doe --reason "complaint"
               vigil audit hold --patient syn-septic --case 2026-17 --user j.doe --reason "order of the court"
               vigil audit hold --since 2026-03-01T00:00:00Z --until 2026-04-01T00:00:00Z --unit Location/icu --case 2026-17 --user j.doe \
      --reason "order of the court" --dry-run

      While it is on, erasure and purge of the patient are refused. Of a patient of whom the trail has nothing it is refused (66), so that no slip
      in the identifier or the client passes for a hold; --ahead holds one who has yet to come, from the first record on.
      Every client counts its own patients: --client names whose it is (vigil audit list shows the clients).

      A hold belongs to a case, which ends by itself (vigil audit release --case), or to none. Without a patient every patient is held of whom an
      answer or a feedback is on record that the criteria find, and on whom there is no hold of the case yet: a record each. Said again it goes on
      where it was cut short, and holds who came meanwhile, or whose hold is to end by a proposal of before. A client alone is no criterion: say a
      time, a unit, a service or a model. The criteria stand in each record, so without a patient's data. Every record is held against the
      newest checkpoint before. --dry-run only counts, on record as a reading. Fewer than 11 are told as <11 where nobody is held by it.
      A damaged record keeps nobody else from being held. Its number is told and stands on record with the criteria, and the command ends with 65
      (AUD034), also where nobody is left to hold: verify the trail, restore the record, and say it again.
      Done by the running service, or by this process when there is none.
      Exit codes: 0 done or counted, 64 wrong usage, 65 done, but damaged records may be of others, 66 the trail knows no such patient, 73 refused
      or not to be written (the code says why).
      """)

  @Option(help: "The patient's identifier, as the requests give it; all whom the criteria find when absent.")
  var patient: String?
  @OptionGroup var scope: ScopeArguments
  @Option(
    name: .customLong("case"), help: "The case that the hold is of, as the site names it; without a patient's data.",
    transform: RecordedText.caseName)
  var legalCase: String?
  @Flag(help: "Hold the patient also when the trail has nothing of them yet.") var ahead = false
  @Flag(help: "Only count whom the criteria find.") var dryRun = false
  @OptionGroup var deed: DeedArguments

  /// What is asked where nobody is held by it, as it stands on record.
  private var question: String { "hold for case \(legalCase ?? ""): \(scope.search.text)" }

  /// What was asked and which records could not be looked at for it, as far as there is room.
  private func text(_ asked: String, without damaged: RecordRuns) -> String {
    guard !damaged.isEmpty else { return asked }
    let all = ["\(asked); damaged: \(damaged.text)", "\(asked); damaged: \(damaged.count)"]
    return all.first(where: RecordedText.isText) ?? asked
  }

  func validate() throws {
    if patient == nil {
      // All of a client are meant less often than --patient was forgotten.
      guard legalCase != nil, scope.isRestricted else {
        throw ValidationError("say --patient, or --case and which records it is about: not the client alone")
      }
      guard RecordedText.isText(question) else { throw ValidationError("the criteria are too long to stand on record") }
      guard !ahead else { throw ValidationError("--ahead is of one --patient") }
    } else {
      guard !scope.isRestricted, !dryRun else {
        throw ValidationError("--patient is held whatever is on record of them")
      }
    }
  }

  func run() async throws {
    do throws(AuditError) {
      var entry = try deed.entry(.hold, to: patient, of: scope.client ?? "")
      entry.legalCase = legalCase
      guard patient == nil, let legalCase else {
        entry.outcome = ahead ? AuditEntry.ahead : nil
        let sequence = try await TrailInbox(deed.directory).submit(entry).sequence
        return print("held, on record as \(sequence)")
      }
      let reader = try AuditReader(directory: deed.directory)
      let progress = Progress()
      let signer = try? deed.directory.loadCheckpointKey()
      let found = try HoldScope(
        of: reader, scope.search, legalCase: legalCase, log: try deed.directory.loadLogKey(), signer: signer?.key
      ) { progress.report("records", Int($0), of: Int($1)) }
      progress.finish()
      let damaged = found.damaged
      // Before anything is done: whoever reads no further knows.
      if !damaged.isEmpty { Failure.warn("damaged records: \(damaged.text)") }
      try await hold(found, entry, legalCase, reader)
      if let first = damaged.runs.first { throw AuditError(.recordsPassedOver, sequence: first.lowerBound) }
    } catch {
      throw Failure.exit(error)
    }
  }

  /// Holds whom the criteria found, or says how many they are.
  private func hold(
    _ found: HoldScope, _ asked: AuditEntry, _ legalCase: String, _ reader: AuditReader
  ) async throws(AuditError) {
    let isNobodyLeft = found.patients.pseudonyms.isEmpty && (found.held > 0 || !found.damaged.isEmpty)
    if dryRun || isNobodyLeft {
      // A count is an answer about patients, though it names none.
      try await ReadRecord.append(text(question, without: found.damaged), user: deed.user, in: deed.directory)
      let all = found.held > 0 ? "all \(found.heldText) patients are held for it already" : "nobody is left to hold"
      return print(dryRun ? "\(found.countText) patients are not held for it yet" : all)
    }
    var entry = asked
    entry.note = text(scope.search.text, without: found.damaged)
    entry.count = found.size
    let sequence = try await TrailInbox(deed.directory).submit(entry, showing: found.patients).sequence
    // By the records that were made: who was erased meanwhile is not, and what is not proved keeps nobody.
    let held = try reader.patientsHeld(for: legalCase, after: found.size)
    let count = found.patients.pseudonyms.count(where: held.contains)
    print("\(count) patients held, the last on record as \(sequence); \(found.heldText) were before")
  }
}
