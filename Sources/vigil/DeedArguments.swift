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

  /// The folder of the trail.
  var directory: DataDirectory { DataDirectory(path: data) }

  /// What this person does or asks to have done, and why.
  ///
  /// - Parameters:
  ///   - patient: identifier of the patient whom it is done to; nil for none.
  ///   - client: id of the client whose patient it is.
  func entry(
    _ kind: AuditEntry.Kind, to patient: String?, of client: String
  ) throws(AuditError) -> AuditEntry {
    var entry = AuditEntry(time: Instant(Date()), kind: kind)
    entry.origin = user
    entry.reason = reason
    if let patient { entry.patient = try directory.loadPseudonymKey().patient(patient, of: client) }
    return entry
  }

  /// Proposes to do it to a patient, or for a case, which another person approves.
  func propose(_ what: Proposal, to patient: String?, of client: String, legalCase: String? = nil) async throws {
    do throws(AuditError) {
      var entry = try self.entry(.proposal, to: patient, of: client)
      entry.outcome = what.rawValue
      entry.legalCase = legalCase
      Self.say(what, proposed: try await TrailInbox(directory).submit(entry).sequence)
    } catch {
      throw Failure.exit(error)
    }
  }

  /// Says what is to be done next.
  static func say(_ what: Proposal, proposed number: Int64) {
    print("proposed, on record as \(number)")
    print("It is done once another person says so: vigil audit approve \(what.rawValue) \(number) --user ...")
  }
}
