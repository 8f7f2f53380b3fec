// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR

/// `vigil audit list`: the newest records, one a line.
struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List records of the trail, newest first.",
    discussion: """
      Example: vigil audit list --limit 5
               vigil audit list --patient syn-septic --client ehr --json
               vigil audit list --model icu-prognosis --version 2.0.0 --outcome death --held-back --since 2026-03-01T00:00:00Z
               vigil audit list --errors --before 4711
               vigil audit list --client ehr --abstained too-young

      The last number of a page with --before gives the next page, whatever is written meanwhile.
      Works beside a running service, and is itself a record. Exit codes: 0 listed, 64 wrong usage, 73 the trail cannot be read.
      """)

  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "At most this many records.") var limit = 20
  @Option(help: "Only records before this number, for the next page.") var before: Int64?
  @Option(help: "Only records of this kind (\(AuditEntry.Kind.allCases.map(\.rawValue).joined(separator: ", "))).")
  var kind: AuditEntry.Kind?
  @Option(help: "Only records of the patient with this identifier, found through the key.") var patient: String?
  @Option(help: "Only records of this client; of a patient, whose it is: left out where no clients were configured.")
  var client: String?
  @Option(help: "Only records of this service.") var service: String?
  @Option(help: "Only records made at or after this moment, such as 2026-03-01T00:00:00Z.") var since: Instant?
  @Option(help: "Only records made before this moment.") var until: Instant?
  @Option(help: "Only what this person did or read, or what came from this address.") var origin: String?
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
  @Option(help: "Who reads; the user of this machine when absent.") var user: String?
  @Flag(help: "Print a JSON array.") var json = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be positive") }
  }

  func run() async throws {
    let records: [AuditRecord]
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      var search = self.search
      if let patient { search.filter.patient = try directory.loadPseudonymKey().patient(patient, of: client ?? "") }
      records = try AuditReader(directory: directory).find(search, limit: limit)
      try await ReadRecord.append("list", patient: search.filter.patient, user: user, in: directory)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if json {
      print(String(decoding: JSON.array(records.map(\.json)).encoded(pretty: true), as: UTF8.self))
    } else {
      for record in records { print(Self.line(record)) }
    }
  }

  /// What is looked for, but for the patient.
  private var search: AuditReader.Search {
    var search = AuditReader.Search()
    search.filter.before = before
    search.filter.kind = kind
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

  /// Number, time, kind, status, service, patient's pseudonym (its start), duration, and what else there is to say.
  private static func line(_ record: AuditRecord) -> String {
    let entry = record.entry
    var words = ["\(record.sequence)", entry.time.description, entry.kind.rawValue]
    if let status = entry.status { words.append("\(status)") }
    if let client = entry.client { words.append("client \(client)") }
    if let service = entry.service { words.append(service) }
    if let patient = entry.patient { words.append("patient " + AuditRecord.hexadecimal(Array(patient.prefix(6)))) }
    if let instance = entry.hookInstance { words.append(instance) }
    if let duration = entry.duration { words.append("\(duration) µs") }
    if let reason = entry.reason { words.append(reason) }
    if let origin = entry.origin { words.append("from \(origin)") }
    if let count = entry.count { words.append("\(count) times") }
    if let note = entry.note { words.append(note) }
    return words.joined(separator: "  ")
  }
}

extension AuditEntry.Kind: ExpressibleByArgument {}
