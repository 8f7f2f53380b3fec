// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR

/// Which records a command is about: the same criteria for a list, an export and a report.
struct SearchArguments: ParsableArguments {
  @Option(help: "Only records of the patient with this identifier, found through the key.") var patient: String?
  @Option(help: "Only records of the patient with this pseudonym, as list --json gives it.") var pseudonym: String?
  @Option(help: "Only records of this client; of a patient, whose it is: left out where no clients were configured.")
  var client: String?
  @Option(help: "Only records of this service.") var service: String?
  @Option(help: "Only records made at or after this moment, such as 2026-03-01T00:00:00Z.") var since: Instant?
  @Option(help: "Only records made before this moment.") var until: Instant?
  @Option(help: "Only what this person did, read or asked, or what came from this address.") var origin: String?
  @Option(help: "Only records of this unit, Location/id.") var unit: String?
  @Option(help: "Only answers that depended on the model with this id.") var model: String?
  @Option(help: "Only answers that depended on this version of a model.") var version: String?
  @Option(help: "Only records of this outcome: of a finding, of a card, of an operator's word.") var outcome: String?
  @Option(help: "Only records with this code of an error, reason of an override, or reason a card was held back.")
  var reason: String?
  @Option(
    help: "Only answers that left something unstated for this reason, such as too-young; any for whatever reason.")
  var abstained: String?
  @Flag(help: "Only answers of which a card was held back.") var heldBack = false
  @Flag(help: "Only refusals and answers with an error's status.") var errors = false

  func validate() throws {
    if let pseudonym {
      guard patient == nil else { throw ValidationError("--patient or --pseudonym, one of them") }
      guard AuditRecord.bytes(hexadecimal: pseudonym)?.count == 32 else {
        throw ValidationError("--pseudonym wants 64 hexadecimal digits")
      }
    }
  }

  /// What is looked for, with the patient's pseudonym.
  func search(in directory: DataDirectory) throws(AuditError) -> AuditReader.Search {
    var search = AuditReader.Search()
    search.filter.patient = pseudonym.flatMap(AuditRecord.bytes(hexadecimal:))
    if let patient { search.filter.patient = try directory.loadPseudonymKey().patient(patient, of: client ?? "") }
    search.filter.service = service
    search.filter.since = since
    search.until = until
    search.origin = origin
    search.unit = unit
    search.model = model
    search.version = version
    search.outcome = outcome
    search.reason = reason
    // Of a patient it says whose it is; who looked at the patient counts too, and is no client.
    search.client = patient == nil ? client : nil
    search.isAbstained = abstained != nil
    search.abstention = abstained == "any" ? nil : abstained
    search.isHeldBack = heldBack
    search.isError = errors
    return search
  }
}
