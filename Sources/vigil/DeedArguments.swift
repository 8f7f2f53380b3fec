// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// What every command is told that does more to the trail than read it.
struct DeedArguments: ParsableArguments {
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Who does it, as the site names people; stands in the record.", transform: RecordedText.name)
  var user: String
  @Option(help: "Why; stands in the record, so without a patient's data.", transform: RecordedText.text)
  var reason: String

  /// Has it done to a patient: by a running service, or by this process when there is none.
  ///
  /// - Parameter outcome: what is said of it besides.
  /// - Returns: the number of the record.
  func perform(
    _ kind: AuditEntry.Kind, on subject: PatientArguments, outcome: String? = nil
  ) async throws -> Int64 {
    var entry = AuditEntry(time: Instant(Date()), kind: kind)
    entry.outcome = outcome
    return try await submit(entry, of: subject)
  }

  /// Proposes to do it to a patient, which another person approves.
  func propose(_ what: Proposal, on subject: PatientArguments) async throws {
    var entry = AuditEntry(time: Instant(Date()), kind: .proposal)
    entry.outcome = what.rawValue
    Self.say(what, proposed: try await submit(entry, of: subject))
  }

  /// Says what is to be done next.
  static func say(_ what: Proposal, proposed number: Int64) {
    print("proposed, on record as \(number)")
    print("It is done once another person says so: vigil audit approve \(what.rawValue) \(number) --user ...")
  }

  private func submit(_ asked: AuditEntry, of subject: PatientArguments) async throws -> Int64 {
    let directory = DataDirectory(path: data)
    do throws(AuditError) {
      var entry = asked
      entry.origin = user
      entry.reason = reason
      entry.patient = try directory.loadPseudonymKey().patient(subject.patient, of: subject.client)
      return try await TrailInbox(directory).submit(entry).sequence
    } catch {
      throw Failure.exit(error)
    }
  }
}
