// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Testing

/// What the trail says about one question, and that it is the whole of it.
@Suite struct ReportTests {
  private static let hour: Int64 = 3_600_000

  private func entry(_ kind: AuditEntry.Kind, at hours: Double) -> AuditEntry {
    AuditEntry(time: Instant(milliseconds: 1_700_000_000_000).advanced(byHours: hours), kind: kind)
  }

  /// A day of a service: two models, two patients, one refusal, readings, a crash, a clock that was set back.
  private func day() async throws -> (directory: TemporaryDirectory, reader: AuditReader) {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    func answer(_ patient: UInt8, _ version: String, at hours: Double) -> AuditEntry {
      var answer = entry(.answer, at: hours)
      answer.client = "ehr"
      answer.service = "patient-risk"
      answer.hook = "patient-view"
      answer.status = 200
      answer.patient = [UInt8](repeating: patient, count: 32)
      answer.configuration = [UInt8](repeating: version == "1.0.0" ? 1 : 2, count: 32)
      answer.models = [AuditEntry.Model(id: "prognosis", version: version, digest: [1])]
      answer.cards = [
        AuditEntry.Card(key: [patient, 1], model: "prognosis", outcome: "death"),
        AuditEntry.Card(key: [patient, 2], model: "prognosis", outcome: "sepsis", heldBack: "cool-down"),
      ]
      return answer
    }
    var refusal = entry(.rejection, at: 2)
    refusal.origin = "203.0.113.7"
    refusal.status = 401
    refusal.reason = "AUT003"
    refusal.count = 7
    var read = entry(.read, at: 3)
    read.origin = "officer"
    read.patient = [UInt8](repeating: 1, count: 32)
    read.note = "=cmd|'/c calc'!A1"
    var feedback = entry(.feedback, at: 3.1)
    feedback.client = "ehr"
    feedback.outcome = "overridden"
    feedback.cards = [AuditEntry.Card(key: [1, 1])]
    var control = entry(.control, at: 3.2)
    control.origin = "A. Meyer"
    control.outcome = "activated"
    control.note = "prognosis 2.0.0"
    let entries = [
      entry(.start, at: 0), answer(1, "1.0.0", at: 0.5), answer(2, "1.0.0", at: 1), refusal, read, feedback, control,
      answer(2, "2.0.0", at: 3.5), entry(.stop, at: 4), entry(.start, at: 6), answer(1, "2.0.0", at: 8),
      entry(.start, at: 9), answer(1, "2.0.0", at: 8.5), entry(.stop, at: 9.1),
    ]
    for entry in entries { _ = try await trail.append(entry) }
    try trail.close()
    return (directory, try AuditReader(directory: directory.data))
  }

  private func column(_ name: String, _ report: TrailReport) -> [String] {
    guard let place = report.columns.firstIndex(of: name) else { return [] }
    return report.rows.map { $0[place] }
  }

  @Test func aRecallNamesDecisionsPatientsFeedbackAndReaders() async throws {
    let (_, reader) = try await day()
    var search = AuditReader.Search()
    search.model = "prognosis"
    search.version = "1.0.0"
    let report = try reader.report(.recall, search)
    #expect(column("record", report) == ["2", "3", "5", "6"])
    #expect(column("kind", report) == ["answer", "answer", "read", "feedback"])
    let facts = Dictionary(report.facts.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(facts["decisions"] == "2" && facts["patients"] == "2")
    #expect(facts["records looked at"] == "1 to 14")
    // printf '2\n3\n' | sha256sum
    #expect(facts.values.contains("fcb9cc30b0f3e4715d032f3a0ce158e4d6bea8c618bda0f5d1f167300a087b8a"))
    #expect(Checkpoint(text: report.checkpoint.text)?.size == 14)
    search.version = "2.0.0"
    #expect(try column("record", reader.report(.recall, search)) == ["8", "11", "13", "5", "6"])
    search.version = "3.0.0"
    #expect(try reader.report(.recall, search).rows.isEmpty)
  }

  @Test func gapsAreNamedWithWhy() async throws {
    let (_, reader) = try await day()
    let report = try reader.report(.gaps, AuditReader.Search())
    let why = Array(zip(column("before record", report), column("why", report)).map { "\($0): \($1)" })
    #expect(
      why == [
        "4: a running service recorded nothing", "5: a running service recorded nothing",
        "10: the service was stopped", "11: a running service recorded nothing",
        "12: the service ended without a stop on record", "13: the clock was set back",
      ])
    #expect(column("seconds", report) == ["3600.0", "3600.0", "7200.0", "7200.0", "3600.0", "-1800.0"])
  }

  @Test func changesNameTheRecordFromWhichAConfigurationHolds() async throws {
    let (_, reader) = try await day()
    let report = try reader.report(.changes, AuditReader.Search())
    #expect(column("record", report) == ["1", "2", "7", "8", "9", "10", "12", "14"])
    #expect(
      column("configuration", report).map { !$0.isEmpty } == [false, true, false, true, false, false, false, false])
  }

  @Test func aPatientsAccessesAndDisclosures() async throws {
    let (_, reader) = try await day()
    var search = AuditReader.Search()
    search.filter.patient = [UInt8](repeating: 1, count: 32)
    #expect(try column("record", reader.report(.access, search)) == ["2", "5", "11", "13"])
    #expect(
      try column("recipient", reader.report(.disclosures, search)) == [
        "client ehr", "officer", "client ehr", "client ehr",
      ])
    search.until = entry(.read, at: 3).time
    #expect(try column("record", reader.report(.access, search)) == ["2"])
  }

  @Test func failuresAndActivityAreCounted() async throws {
    let (_, reader) = try await day()
    let failures = try reader.report(.failures, AuditReader.Search())
    #expect(failures.rows.map { $0.suffix(3) } == [["401", "AUT003", "7"]])
    let activity = try reader.report(.activity, AuditReader.Search())
    #expect(column("who", activity) == ["203.0.113.7", "A. Meyer", "client ehr", "officer"])
    #expect(column("answer", activity) == ["0", "0", "5", "0"])
    #expect(column("rejection", activity) == ["7", "0", "0", "0"])
    // Two patients are too few to be counted in the open.
    #expect(column("patients", activity) == ["0", "0", "<11", "<11"])
  }

  /// More records than are read at once, and none of them twice.
  @Test func everyRecordIsLookedAtOnce() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for start in stride(from: 0, to: 4200, by: 600) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in start..<(start + 600) {
          group.addTask { _ = try await trail.append(fullEntry(number, payloadBytes: 0)) }
        }
        try await group.waitForAll()
      }
    }
    try trail.close()
    let reader = try AuditReader(directory: directory.data)
    var search = AuditReader.Search()
    search.model = "prognosis"
    let records = try column("record", reader.report(.recall, search)).compactMap { Int($0) }
    let size = try #require(Checkpoint(text: try reader.head().text)?.size)
    #expect(size == 4200 && records == Array(1...4200))
  }

  /// The same criteria at the same checkpoint give the same bytes; the signature is of these bytes, this log and no other.
  @Test(arguments: TrailReport.Format.allCases) func aSignatureIsOfOneFile(_ format: TrailReport.Format) async throws {
    let (directory, reader) = try await day()
    let report = try reader.report(.access, AuditReader.Search())
    let bytes = report.bytes(format)
    #expect(bytes == (try reader.report(.access, AuditReader.Search())).bytes(format))
    let signer = try directory.data.loadCheckpointKey()
    let signature = try ReportSignature(of: bytes, at: report.checkpoint, by: signer)
    let read = try #require(ReportSignature(signature.note.description))
    #expect(read == signature && read.checkpoint?.size == 14)
    #expect(read.holds(for: bytes, keys: [signer.key]))
    for place in stride(from: 0, to: bytes.count, by: 97) {
      var other = bytes
      other[place] ^= 1
      #expect(!read.holds(for: other, keys: [signer.key]))
    }
    let stranger = try #require(NoteSigner(name: signer.key.name, kind: .log))
    #expect(!read.holds(for: bytes, keys: [stranger.key]))
    var note = signature.note
    note.text = note.text.replacing("\n14\n", with: "\n15\n")
    #expect(ReportSignature(note.description)?.holds(for: bytes, keys: [signer.key]) == false)
    // A signature of a report is none of a checkpoint, and the other way round.
    #expect(Checkpoint(text: signature.note.text) == nil)
    #expect(ReportSignature(report.checkpoint.description) == nil)
  }

  /// What came from outside is text in every format: no formula, no markup.
  @Test func cellsAreText() async throws {
    let (_, reader) = try await day()
    let report = try reader.report(.access, AuditReader.Search())
    let csv = String(decoding: report.bytes(.csv), as: UTF8.self)
    #expect(csv.contains("\"'=cmd|'/c calc'!A1\"") && !csv.contains(",=") && !csv.contains("\n="))
    #expect(csv.contains("\r\nrecord,time,kind,who,service,unit,what\r\n"))
    let html = String(decoding: report.bytes(.html), as: UTF8.self)
    #expect(html.contains("=cmd|&#39;/c calc&#39;!A1") && !html.contains("<script"))
    let lines = report.bytes(.ndjson).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == report.rows.count + 1)
    for line in lines { #expect((try? Document(Array(line), syntax: .json)) != nil) }
  }
}
