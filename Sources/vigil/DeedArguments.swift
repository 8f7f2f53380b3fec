// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
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
      let number = try await TrailInbox(directory).submit(entry).sequence
      Self.say(what, proposed: number, ofCase: patient == nil ? legalCase : nil)
    } catch {
      throw Failure.exit(error)
    }
  }

  /// Says what is to be done next.
  ///
  /// - Parameter legalCase: the case of which all holds are to end; nil where one patient's are, or something else is proposed.
  static func say(_ what: Proposal, proposed number: Int64, ofCase legalCase: String? = nil) {
    print("proposed, on record as \(number)")
    let named = legalCase.map { VisibleText.of($0) }
    if let named { print("It ends all holds of case \(named) that were put on until now.") }
    let option = named.map { " --case '\($0)'" } ?? ""
    print("It is done once another person says so: vigil audit approve \(what.rawValue) \(number)\(option) --user ...")
  }
}
