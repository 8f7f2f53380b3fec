// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// Which records a command is about: the same criteria for a list, an export and a report.
struct SearchArguments: ParsableArguments {
  @Option(help: "Only records of the patient with this identifier, found through the key.") var patient: String?
  @Option(help: "Only records of the patient with this pseudonym, as list --json gives it.") var pseudonym: String?
  @OptionGroup var scope: ScopeArguments
  @Option(help: "Only what this person did, read or asked, or what came from this address.") var origin: String?
  @Option(help: "Only records of this outcome: of a finding, of a card, of an operator's word.") var outcome: String?
  @Option(help: "Only records with this code of an error, reason of an override, or reason a card was held back.")
  var reason: String?
  @Option(
    name: .customLong("case"), help: "Only legal holds of this case, their releases and the proposals of these.",
    transform: RecordedText.caseName)
  var legalCase: String?
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
    var search = scope.search
    search.filter.patient = pseudonym.flatMap(AuditRecord.bytes(hexadecimal:))
    if let patient {
      search.filter.patient = try directory.loadPseudonymKey().patient(patient, of: scope.client ?? "")
      // It says whose the patient is; who looked at the patient counts too, and is no client.
      search.client = nil
    }
    search.origin = origin
    search.outcome = outcome
    search.reason = reason
    search.legalCase = legalCase
    search.isAbstained = abstained != nil
    search.abstention = abstained == "any" ? nil : abstained
    search.isHeldBack = heldBack
    search.isError = errors
    return search
  }
}
