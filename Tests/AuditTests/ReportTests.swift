// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR
import Foundation
import Testing

/// What the trail says about one question, and that it is the whole of it.
@Suite struct ReportTests {
  static let hour: Int64 = 3_600_000

  func entry(_ kind: AuditEntry.Kind, at hours: Double) -> AuditEntry {
    AuditEntry(time: Instant(milliseconds: 1_700_000_000_000).advanced(byHours: hours), kind: kind)
  }

  /// A day of a service: two models, two patients, one refusal, readings, a crash, a clock that was set back.
  func day(in store: TestStore = .sqlite) async throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory(store)
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
    return directory
  }

  /// A report with its rows.
  struct Made {
    let report: TrailReport
    let rows: [[String]]
    var facts: [String: String] { Dictionary(report.facts.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }

    func bytes(_ format: TrailReport.Format) -> [UInt8] {
      report.start(format) + rows.flatMap { format.row($0, of: report.kind) } + report.end(format)
    }
  }

  static let made = Instant(milliseconds: 1_700_100_000_000)

  func report(
    _ directory: TemporaryDirectory, _ kind: TrailReport.Kind, _ search: AuditReader.Search = AuditReader.Search()
  ) throws -> Made {
    var rows: [[String]] = []
    let report = try AuditReader(directory: directory.data).report(
      kind, search, log: try directory.data.loadLogKey(), at: Self.made
    ) { rows.append($0) }
    #expect(report.rowCount == rows.count)
    return Made(report: report, rows: rows)
  }

  func column(_ name: String, _ made: Made) -> [String] {
    guard let place = made.report.kind.columns.firstIndex(of: name) else { return [] }
    return made.rows.map { $0[place] }
  }

  @Test(arguments: TestStore.atHand) func aRecallNamesDecisionsPatientsFeedbackAndReaders(_ store: TestStore)
    async throws
  {
    let directory = try await day(in: store)
    var search = AuditReader.Search()
    search.model = "prognosis"
    search.version = "1.0.0"
    let made = try report(directory, .recall, search)
    #expect(column("record", made) == ["2", "3", "5", "6"])
    #expect(column("kind", made) == ["answer", "answer", "read", "feedback"])
    let facts = made.facts
    #expect(facts["decisions"] == "2" && facts["patients"] == "2")
    #expect(facts["records looked at"] == "1 to 14")
    // printf '2\n3\n' | sha256sum
    #expect(facts.values.contains("fcb9cc30b0f3e4715d032f3a0ce158e4d6bea8c618bda0f5d1f167300a087b8a"))
    #expect(Checkpoint(text: made.report.checkpoint.text)?.size == 14)
    search.version = "2.0.0"
    #expect(try column("record", report(directory, .recall, search)) == ["8", "11", "13", "5", "6"])
    search.version = "3.0.0"
    #expect(try report(directory, .recall, search).rows.isEmpty)
  }

  @Test(arguments: TestStore.atHand) func changesNameTheRecordFromWhichAConfigurationHolds(_ store: TestStore)
    async throws
  {
    let directory = try await day(in: store)
    let made = try report(directory, .changes)
    #expect(column("record", made) == ["1", "2", "7", "8", "9", "10", "12", "14"])
    #expect(
      column("configuration", made).map { !$0.isEmpty } == [false, true, false, true, false, false, false, false])
  }

  @Test(arguments: TestStore.atHand) func aPatientsAccessesAndDisclosures(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    var search = AuditReader.Search()
    search.filter.patient = [UInt8](repeating: 1, count: 32)
    #expect(try column("record", report(directory, .access, search)) == ["2", "5", "11", "13"])
    #expect(
      try column("recipient", report(directory, .disclosures, search)) == [
        "client ehr", "officer", "client ehr", "client ehr",
      ])
    search.until = entry(.read, at: 3).time
    #expect(try column("record", report(directory, .access, search)) == ["2"])
  }

  @Test(arguments: TestStore.atHand) func failuresAndActivityAreCounted(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    let failures = try report(directory, .failures)
    #expect(failures.rows.map { $0.suffix(3) } == [["401", "AUT003", "7"]])
    let activity = try report(directory, .activity)
    #expect(column("who", activity) == ["203.0.113.7", "A. Meyer", "client ehr", "officer"])
    #expect(column("answer", activity) == ["0", "0", "5", "0"])
    #expect(column("rejection", activity) == ["7", "0", "0", "0"])
    // Two patients are too few to be counted in the open.
    #expect(column("patients", activity) == ["0", "0", "<11", "<11"])
  }

  /// More records than are read at once, and none of them twice.
  @Test(arguments: TestStore.atHand) func everyRecordIsLookedAtOnce(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
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
    var search = AuditReader.Search()
    search.model = "prognosis"
    let records = try column("record", report(directory, .recall, search)).compactMap { Int($0) }
    let size = try #require(Checkpoint(text: try AuditReader(directory: directory.data).head().text)?.size)
    #expect(size == 4200 && records == Array(1...4200))
  }

  /// The same criteria at the same checkpoint give the same bytes; the signature is of these bytes, this log and no other.
  @Test(arguments: TrailReport.Format.allCases, TestStore.atHand)
  func aSignatureIsOfOneFile(_ format: TrailReport.Format, _ store: TestStore) async throws {
    let directory = try await day(in: store)
    let made = try report(directory, .access)
    let bytes = made.bytes(format)
    #expect(bytes == (try report(directory, .access)).bytes(format))
    let signer = try directory.data.loadCheckpointKey()
    let signature = try FileSignature(of: SHA256.hash(data: bytes), as: .report, at: made.report.checkpoint, by: signer)
    let read = try #require(FileSignature(signature.note.description, as: .report))
    #expect(read == signature && read.checkpoint?.size == 14)
    #expect(read.holds(for: SHA256.hash(data: bytes), keys: LogKeys(signer.key)))
    for place in stride(from: 0, to: bytes.count, by: 97) {
      var other = bytes
      other[place] ^= 1
      #expect(!read.holds(for: SHA256.hash(data: other), keys: LogKeys(signer.key)))
    }
    let stranger = try #require(NoteSigner(name: signer.key.name, kind: .log))
    #expect(!read.holds(for: SHA256.hash(data: bytes), keys: LogKeys(stranger.key)))
    var note = signature.note
    note.text = note.text.replacing("\n14\n", with: "\n15\n")
    let other = FileSignature(note.description, as: .report)
    #expect(other?.holds(for: SHA256.hash(data: bytes), keys: LogKeys(signer.key)) == false)
    // A signature of a report is none of a checkpoint, and the other way round.
    #expect(Checkpoint(text: signature.note.text) == nil)
    #expect(FileSignature(made.report.checkpoint.description, as: .report) == nil)
    #expect(FileSignature(signature.note.description, as: .evidence) == nil)
  }

  /// What was refused of a patient's records is among the accesses, and what is about nobody is no patient.
  @Test(arguments: TestStore.atHand) func refusalsAreAccessesAndNobodyIsNoPatient(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    var refusal = entry(.rejection, at: 1)
    refusal.patient = fullEntry(1).patient
    refusal.origin = "officer"
    _ = try await trail.append(refusal)
    var nobodys = fullEntry(2)
    nobodys.patient = nil
    _ = try await trail.append(nobodys)
    try trail.close()
    var search = AuditReader.Search()
    search.filter.patient = fullEntry(1).patient
    #expect(try column("kind", report(directory, .access, search)) == ["answer", "rejection"])
    var recall = AuditReader.Search()
    recall.model = "prognosis"
    let made = try report(directory, .recall, recall)
    #expect(made.facts["decisions"] == "2" && made.facts["patients"] == "1")
    #expect(column("patient", made).map(\.isEmpty) == [false, true])
    let nobody = try AuditReader(directory: directory.data).record(3)
    #expect(nobody.subject != nil && !nobody.auditEvent(log: "log").text().contains("urn:vigil:subject"))
    // Without root.key the head says by what patients are told apart, and has no member twice.
    try FileManager.default.removeItem(atPath: directory.data.rootKey)
    let names = try report(directory, .recall, recall).report.facts.map { $0.name }
    #expect(names.contains("patients known by") && Set(names).count == names.count)
  }

  /// A record that is hidden, put in the place of another or given to another patient beside the leaves stops a report.
  @Test(
    arguments: [
      "DELETE FROM posting",
      "UPDATE record SET subject = (SELECT subject FROM record WHERE sequence = 3) WHERE sequence = 2",
      "UPDATE record SET leaf = (SELECT leaf FROM record WHERE sequence = 2) WHERE sequence = 3",
      "DELETE FROM record WHERE sequence = 14", "UPDATE record SET subject = NULL WHERE sequence = 2",
      "UPDATE head SET note = replace(note, ' ', '  ')",
      "UPDATE subject_key SET pseudonym = x'\(String(repeating: "00", count: 31))4D' WHERE id = 1",
      "UPDATE subject_key SET pseudonym = (SELECT pseudonym FROM subject_key WHERE id = 2) WHERE id = 1",
      """
      CREATE TEMP TABLE swapped AS SELECT id, pseudonym FROM subject_key WHERE id IN (1, 2);
      UPDATE subject_key SET pseudonym = (SELECT pseudonym FROM swapped WHERE id = 3 - subject_key.id)
      """,
      "UPDATE subject_key SET pseudonym = NULL WHERE id = 1",
      "UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = 1", "DELETE FROM subject_key WHERE id = 1",
    ], TestStore.atHand)
  func whatIsEditedBesideTheLeavesFalsifiesNoReport(_ sql: String, _ store: TestStore) async throws {
    let directory = try await day(in: store)
    var search = AuditReader.Search()
    search.filter.patient = [UInt8](repeating: 1, count: 32)
    let before = try report(directory, .access, search)
    try directory.tamper(sql)
    if sql.contains("posting") {
      #expect(try report(directory, .access, search).rows == before.rows)
    } else {
      #expect(throws: AuditError.self) { try report(directory, .access, search) }
    }
  }

  /// A recall reads some kinds of records alone: a key that is gone without a record is found by its patient's answer.
  @Test(arguments: TestStore.atHand) func aKeyThatIsGoneStopsARecall(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    var search = AuditReader.Search()
    search.model = "prognosis"
    try directory.tamper("UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = 1")
    #expect(throws: AuditError(.damaged, sequence: 2)) { try report(directory, .recall, search) }
  }

  /// A row behind the signed head, which whoever edits the file can write, excuses no key that is gone.
  @Test(arguments: TestStore.atHand) func aRowBehindTheHeadExcusesNothing(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    let trail = try AuditTrail(directory: directory.data)
    let erased = try await trail.done(.erasure, to: [UInt8](repeating: 2, count: 32))
    try trail.close()
    // One that is on record excuses the other's; its words are what the row says of the first patient.
    var erasure = try AuditReader(directory: directory.data).find(one: erased).entry
    #expect(erasure.note == "destroyed subject keys 2")
    _ = try report(directory, .access)
    erasure.note = "destroyed subject keys 1"
    let leaf = AuditRecord.hexadecimal(AuditRecord(sequence: erased + 1, entry: erasure, commitment: nil).leaf)
    try directory.tamper(
      """
      UPDATE subject_key SET pseudonym = NULL, wrapped = NULL WHERE id = 1;
      INSERT INTO record (sequence, leaf, time, kind)
        VALUES (\(erased + 1), x'\(leaf)', \(erasure.time.milliseconds), 'erasure')
      """)
    #expect(throws: AuditError(.damaged, sequence: 2)) { try report(directory, .access) }
  }

  /// Of two keys of a log the one that was given up signs no later report, and another log's signs none.
  @Test(arguments: TestStore.atHand) func reportsAreSignedByTheKeyOfThen(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    let old = try directory.data.loadCheckpointKey()
    let early = try report(directory, .gaps)
    let trail = try AuditTrail(directory: directory.data)
    let deed = AuditTrail.Deed(user: "u", reason: "yearly", time: entry(.key, at: 10).time)
    let (next, sequence) = try await trail.rotateCheckpointKey(deed)
    let reader = try AuditReader(directory: directory.data)
    let new = try directory.data.loadCheckpointKey()
    let atRotation = try report(directory, .gaps)
    _ = try await trail.append(entry(.start, at: 11))
    // Also when it is asked for after others signed: the proof is of the key before.
    let proof = try reader.proof(of: sequence)
    let late = try report(directory, .gaps)
    try trail.close()
    #expect(next == new.key && old.key != new.key)

    var keys = LogKeys(old.key)
    let isAdded = keys.add(proof)
    #expect(isAdded)
    func holds(_ made: Made, _ signer: NoteSigner, _ keys: LogKeys) throws -> Bool {
      let digest = SHA256.hash(data: made.bytes(.csv))
      return try FileSignature(of: digest, as: .report, at: made.report.checkpoint, by: signer).holds(
        for: digest, keys: keys)
    }
    #expect(try holds(early, old, keys) && !holds(early, new, keys))
    #expect(try holds(late, new, keys) && !holds(late, old, keys))
    #expect(try holds(atRotation, new, keys) && !holds(atRotation, old, keys))
    // Without the proof only the key that is given is believed.
    #expect(try holds(early, old, LogKeys(old.key)) && !holds(late, new, LogKeys(old.key)))
    let stranger = try #require(NoteSigner(name: "other.invalid/log", kind: .log))
    #expect(try !holds(late, stranger, LogKeys(stranger.key)), "the checkpoint is of another log")
    var others = LogKeys(stranger.key)
    let isAddedToOthers = others.add(proof)
    let isAnother = keys.add(try reader.proof(of: 2))
    #expect(!isAddedToOthers && !isAnother)
  }

  /// Who reads a report later knows which rule it answers, in which version, and when it was made.
  @Test(arguments: TrailReport.Kind.allCases) func aReportNamesItsRuleAndWhenItWasMade(_ kind: TrailReport.Kind)
    async throws
  {
    let made = try report(try await day(), kind)
    #expect(made.facts["made at"] == Self.made.description)
    let rule = try #require(made.facts["rule"])
    #expect(rule.contains(#/\d+ CFR \d+\.\d+/#) && rule.contains(#/\d{1,2} [A-Z][a-z]+ \d{4}/#))
    #expect(TrailReport.Kind.allCases.count { $0.rule == rule } == 1)
    for format in TrailReport.Format.allCases {
      let text = String(decoding: made.bytes(format), as: UTF8.self)
      #expect(text.contains(rule) && text.contains(Self.made.description), "\(format)")
    }
  }

  /// On a page words, times and heads stay whole, heads are repeated on paper, and what is too long is cut and said to be.
  @Test func aPageIsReadWhateverSomebodySaid() async throws {
    let (time, digest) = ("2026-03-12T13:20:00.000Z", String(repeating: "0f", count: 32))
    let reason = String(repeating: "because ", count: 12_500)
    let cells = ["7", time, "erasure", "j.doe", "", digest, reason]
    let row = String(decoding: TrailReport.Format.html.row(cells, of: .access), as: UTF8.self)
    #expect(row.contains("<td class=\"word\">\(time)</td>") && row.contains("<td class=\"word\">erasure</td>"))
    #expect(row.contains("<td class=\"long\">\(digest)</td>"))
    #expect(row.utf8.count < 1200 && row.contains("99400 more characters in CSV and NDJSON"))
    for format in [TrailReport.Format.csv, .ndjson] {
      #expect(String(decoding: format.row(cells, of: .access), as: UTF8.self).contains(reason))
    }
    let made = try report(try await day(), .activity)
    let page = String(decoding: made.bytes(.html), as: UTF8.self)
    #expect(page.contains("<thead><tr><th scope=\"col\">who</th>") && page.contains("</tbody></table>"))
    #expect(page.contains("size: A4 landscape") && page.contains("name=\"viewport\""))
    #expect(page.contains("<table class=\"wide\">"))
  }

  @Test(arguments: [
    ("a;=1+1", "\"a;'=1+1\""), (";@x", "\";'@x\""), ("x\t-1+1", "\"x\t'-1+1\""), ("one\n+2", "\"one\n'+2\""),
    (" =1", " '=1"), ("a; b", "\"a; b\""), ("a-b", "a-b"), ("-1.5", "-1.5"), ("\u{FF1D}1", "'\u{FF1D}1"),
  ])
  func noCellIsAFormulaWhateverEndsIt(_ text: String, _ field: String) {
    #expect(CSV.field(text) == field)
  }

  /// What came from outside is text in every format: no formula, no markup.
  @Test(arguments: TestStore.atHand) func cellsAreText(_ store: TestStore) async throws {
    let directory = try await day(in: store)
    let made = try report(directory, .access)
    let csv = String(decoding: made.bytes(.csv), as: UTF8.self)
    #expect(csv.contains("\"'=cmd|'/c calc'!A1\"") && !csv.contains(",=") && !csv.contains("\n="))
    #expect(csv.contains("\r\nrecord,time,kind,who,service,unit,what\r\n"))
    let html = String(decoding: made.bytes(.html), as: UTF8.self)
    #expect(html.contains("=cmd|&#39;/c calc&#39;!A1") && !html.contains("<script"))
    let lines = made.bytes(.ndjson).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == made.rows.count + 1)
    for line in lines { #expect((try? Document(Array(line), syntax: .json)) != nil) }
  }
}
