// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import FHIR

/// `vigil audit list`: the newest records, one a line.
struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List records of the trail, newest first.",
    discussion: """
      Example: vigil audit list --limit 5
               vigil audit list --patient syn-septic --client ehr --json
               vigil audit list --model icu-prognosis --version 2.0.1 --outcome death --held-back --since 2026-03-01T00:00:00Z
               vigil audit list --errors --before 4711
               vigil audit list --client ehr --abstained too-young
               vigil audit list --kind hold --case 2026-17
               vigil audit list --to-review

      --to-review lists what was read in an emergency (vigil audit unmask --emergency) and that nobody has signed since (vigil audit
      review), oldest first and all of it; nothing else restricts it.

      The last number of a page with --before gives the next page, whatever is written meanwhile.
      Works beside a running service, and is itself a record. Exit codes: 0 listed, 64 wrong usage, 66 the trail knows no such patient, 73 the trail cannot be read.
      """)

  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "At most this many records.") var limit = 20
  @Option(help: "Only records before this number, for the next page.") var before: Int64?
  @Option(help: "Only records of this kind (\(AuditEntry.Kind.allCases.map(\.rawValue).joined(separator: ", "))).")
  var kind: AuditEntry.Kind?
  @OptionGroup var criteria: SearchArguments
  @Flag(help: "List instead what was read in an emergency and waits for another person's review.") var toReview = false
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "Print a JSON array.") var json = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be positive") }
  }

  func run() async throws {
    let records: [AuditRecord]
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      var search = try criteria.search(in: directory)
      search.filter.before = before
      search.filter.kind = kind
      let reader = try AuditReader(directory: directory)
      let asked = toReview ? nil : search.filter.patient
      try await ReadRecord.requireKnown(asked, to: reader, "list", user: user, in: directory)
      records = try toReview ? reader.unsignedEmergencies() : reader.find(search, limit: limit)
      try await ReadRecord.append(
        toReview ? "list to review" : "list", showing: ShownPatients(records),
        asked: asked, user: user, in: directory)
    } catch {
      throw Failure.exit(error, json: json)
    }
    if json {
      print(String(decoding: JSON.array(records.map(\.json)).encoded(pretty: true), as: UTF8.self))
    } else {
      for record in records { print(Self.line(record)) }
    }
  }

  /// Number, time, kind, status, service, patient's pseudonym (its start), duration, and what else there is to say.
  private static func line(_ record: AuditRecord) -> String {
    let entry = record.entry
    var words = ["\(record.sequence)", entry.time.description, entry.kind.rawValue]
    if let status = entry.status { words.append("\(status)") }
    if let client = entry.client { words.append("client \(client)") }
    if let user = entry.user { words.append(user) }
    if let service = entry.service { words.append(service) }
    if let patient = entry.patient { words.append("patient " + AuditRecord.hexadecimal(Array(patient.prefix(6)))) }
    if let instance = entry.hookInstance { words.append(instance) }
    if let duration = entry.duration { words.append("\(duration) µs") }
    if let outcome = entry.outcome { words.append(outcome) }
    if let amended = entry.amended { words.append(amended) }
    if let legalCase = entry.legalCase {
      words.append("\(record.proposesReleaseOfCase ? "all holds of " : "")case \(legalCase)")
    }
    if let reason = entry.reason { words.append(reason) }
    if let origin = entry.origin { words.append("from \(origin)") }
    if let count = entry.count { words.append("\(count) times") }
    if let note = entry.note { words.append(note) }
    // What people and clients wrote is not to look like another line, or command the terminal.
    return words.map(VisibleText.of).joined(separator: "  ")
  }
}

extension AuditEntry.Kind: ExpressibleByArgument {}
