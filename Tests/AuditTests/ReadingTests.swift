// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import TestSupport
import Testing

/// Who looked at whom: each patient whom a reading shows is a record, and no other is.
@Suite struct ReadingTests {
  private static let noon = Instant(milliseconds: 1_800_000_000_000)

  private static func patient(_ number: Int) -> [UInt8] {
    [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 7, count: 30)
  }

  private static func entry(_ kind: AuditEntry.Kind, of number: Int? = nil) -> AuditEntry {
    var entry = AuditEntry(time: noon, kind: kind)
    entry.patient = number.map(patient)
    return entry
  }

  private static func reading(_ note: String = "list", asking patient: [UInt8]? = nil) -> AuditEntry {
    var entry = AuditEntry(time: noon, kind: .read)
    (entry.origin, entry.note, entry.patient) = ("officer", note, patient)
    return entry
  }

  /// What was recorded behind a record, oldest first.
  private func records(_ reader: AuditReader, after sequence: Int64) throws -> [AuditRecord] {
    try reader.list(limit: .max).filter { $0.sequence > sequence }.reversed()
  }

  /// Of random trails and random criteria: whose records are given out are those who are named, each once.
  @Test(arguments: TestStore.atHand) func thePatientsOfReadingsAreThoseOfTheRecordsShown(_ store: TestStore)
    async throws
  {
    var random = SplitMix64(seed: 52)
    var (named, nameless) = (0, 0)
    for _ in 0..<6 {
      let directory = try TemporaryDirectory(store)
      let trail = try AuditTrail(directory: directory.data)
      let kinds: [AuditEntry.Kind] = [.answer, .feedback, .read, .rejection, .hold, .control, .start]
      for _ in 0..<Int.random(in: 20...60, using: &random) {
        let kind = kinds.randomElement(using: &random) ?? .answer
        let isAbout = ![.control, .start].contains(kind) && Int.random(in: 0..<4, using: &random) > 0
        var entry = Self.entry(kind, of: isAbout ? Int.random(in: 0..<9, using: &random) : nil)
        entry.client = ["ehr", "south", nil].randomElement(using: &random) ?? nil
        entry.origin = kind == .read ? "reader" : nil
        _ = try await trail.append(entry)
      }
      let reader = try AuditReader(directory: directory.data)
      for _ in 0..<12 {
        var search = AuditReader.Search()
        if Bool.random(using: &random) { search.filter.kind = kinds.randomElement(using: &random) }
        if Bool.random(using: &random) { search.client = "ehr" }
        if Int.random(in: 0..<4, using: &random) == 0 {
          // The last two are nobody's.
          search.filter.patient = Self.patient(Int.random(in: 0..<11, using: &random))
        }
        if Bool.random(using: &random) { search.filter.before = Int64.random(in: 1...60, using: &random) }
        let shown = try reader.find(search, limit: Int.random(in: 1...40, using: &random))
        let size = trail.size
        let last = try await trail.append(
          Self.reading(asking: search.filter.patient), showing: ShownPatients(shown))
        var wanted = Set(shown.filter { $0.entry.kind != .read }.compactMap(\.entry.patient))
        if let asked = search.filter.patient, try !reader.list(limit: .max).allSatisfy({ $0.entry.patient != asked }) {
          wanted.insert(asked)
        }
        let made = try records(reader, after: size)
        #expect(last == size + Int64(max(1, wanted.count)) && last == trail.size)
        #expect(made.allSatisfy { $0.entry.kind == .read && $0.entry.origin == "officer" && $0.entry.note == "list" })
        let readings = made.compactMap(\.entry.patient)
        #expect(Set(readings) == wanted && readings.count == wanted.count)
        if wanted.isEmpty { nameless += 1 } else { named += wanted.count }
      }
      try trail.close()
    }
    #expect(named > 50 && nameless > 10, "the criteria find some and none")
  }

  /// Whoever follows the log reads their own readings in it, and those are of no patient again.
  @Test func whoFollowsTheLogDoesNotMakeItGrow() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<20 { _ = try await trail.append(Self.entry(.answer, of: number)) }
    let reader = try AuditReader(directory: directory.data)
    var (seen, counts) = (Int64(0), [Int]())
    for _ in 0..<4 {
      let new = try records(reader, after: seen)
      seen = trail.size
      _ = try await trail.append(Self.reading(), showing: ShownPatients(new))
      counts.append(Int(trail.size - seen))
    }
    #expect(counts == [20, 1, 1, 1])
    try trail.close()
  }

  /// More patients than go into one commit, some of them erased or never there: each is named once, in their order; and where nobody is left
  /// to be named it is on record that somebody read.
  @Test(arguments: TestStore.atHand) func manyPatientsAreNamedInTheirOrder(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(0...299, to: trail) { Self.entry(.answer, of: $0) }
    let reader = try AuditReader(directory: directory.data)
    var shown = ShownPatients()
    // A patient who was never there makes no data key by being read of.
    for number in [301] + Array(0..<300) + [302] {
      shown.add(AuditRecord(sequence: 1, entry: Self.entry(.answer, of: number), commitment: nil))
    }
    let erased = [0, 7, 128, 299].map(Self.patient)
    for patient in erased { _ = try await trail.done(.erasure, to: patient) }
    let size = trail.size
    let last = try await trail.append(Self.reading(), showing: shown)
    let named = try records(reader, after: size).map(\.entry.patient)
    #expect(named == (0..<300).map(Self.patient).filter { !erased.contains($0) } && last == trail.size)
    #expect(try trail.store.read { try $0.number("SELECT count(*) FROM subject_key") } == 300)
    let nobody = try await trail.append(
      Self.reading(asking: Self.patient(301)),
      showing: ShownPatients([AuditRecord(sequence: 1, entry: Self.entry(.answer, of: 0), commitment: nil)]))
    #expect(try reader.find(one: nobody).entry.patient == nil && nobody == last + 1)
    try trail.close()
  }

  /// A service that stops cancels who waits: what is shown is on record all the same, of each patient and of nobody else.
  @Test(arguments: TestStore.atHand) func aCancelledReadingIsOnRecordBeforeItIsShown(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(0...199, to: trail) { Self.entry(.answer, of: $0) }
    let reader = try AuditReader(directory: directory.data)
    let shown = ShownPatients(try reader.list(limit: .max))
    let size = trail.size
    let asked = Task {
      while !Task.isCancelled { await Task.yield() }
      return (last: try await trail.append(Self.reading(), showing: shown), size: trail.size)
    }
    asked.cancel()
    let done = try await asked.value
    #expect(done.last == size + 200 && done.size == done.last)
    #expect(try records(reader, after: size).map(\.entry.patient) == shown.pseudonyms)
    try trail.close()
  }

  /// Readings of many patients, on a disk that does not keep up, are refused before an answer is.
  @Test func readingsLeaveRoomForAnswers() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await appendTogether(0...31, to: trail) { Self.entry(.answer, of: $0) }
    let shown = ShownPatients(try AuditReader(directory: directory.data).list(limit: .max))
    func waiting(_ count: Int) async throws {
      for _ in 0..<2000 where trail.waitingCount != count { try await Task.sleep(for: .milliseconds(5)) }
      #expect(trail.waitingCount == count)
    }
    trail.writer.suspend()
    let readings = (0..<12).map { _ in
      Task { () -> AuditError.Code? in
        do throws(AuditError) {
          _ = try await trail.append(Self.reading(), showing: shown)
          return nil
        } catch {
          return error.code
        }
      }
    }
    try await waiting(256)
    let answers = (0..<768).map { number in Task { try await trail.append(Self.entry(.answer, of: number)) } }
    try await waiting(1024)
    trail.writer.resume()
    for answer in answers { _ = try await answer.value }
    var codes: [AuditError.Code] = []
    for reading in readings {
      if let code = await reading.value { codes.append(code) }
    }
    #expect(codes == Array(repeating: .overloaded, count: 4))
    _ = try await trail.append(Self.reading(), showing: shown)
    try trail.close()
  }

  /// Another process asks the one that writes: of more patients than one request takes.
  @Test func aRunningServiceIsAsked() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let count = 2050
    try await appendTogether(0...(count - 1), to: trail) { Self.entry(.answer, of: $0) }
    let reader = try AuditReader(directory: directory.data)
    let shown = ShownPatients(try reader.list(limit: .max))
    let size = trail.size
    let inbox = TrailInbox(directory.data)
    let service = Task {
      while !Task.isCancelled {
        await inbox.serve(trail)
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    defer { service.cancel() }
    let done = try await inbox.submit(Self.reading(), showing: shown, patience: 12_000)
    #expect(done.sequence == size + Int64(count))
    let named = try records(reader, after: size).compactMap(\.entry.patient)
    #expect(named == shown.pseudonyms)
    service.cancel()
    await service.value
    try trail.close()
  }

  /// What nobody takes is taken back, so that it is not done hours later; and whoever asks does not wait for ever.
  @Test func whatNobodyTakesIsTakenBack() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(Self.entry(.answer, of: 1))
    var hold = Self.entry(.hold, of: 1)
    (hold.origin, hold.reason) = ("officer", "case")
    for asked in [Self.reading(), hold] {
      await #expect(throws: AuditError(.secondWriter)) {
        try await TrailInbox(directory.data).submit(asked, patience: 3)
      }
    }
    let inbox = directory.data.path + "/inbox"
    #expect(try FileManager.default.contentsOfDirectory(atPath: inbox) == [])
    await TrailInbox(directory.data).serve(trail)
    #expect(trail.size == 1)
    try trail.close()
  }

  /// What lies in the inbox and is no request, that of another version among it, is answered as such.
  @Test func whatIsNoRequestIsNotDone() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let inbox = directory.data.path + "/inbox"
    try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: true)
    let leaf = AuditRecord(sequence: 0, entry: Self.reading(), commitment: nil).leaf
    for (place, bytes) in [[], [2], leaf, [2, 1, 0, 0, 0, 1, 7]].enumerated() {
      try Data(bytes as [UInt8]).write(to: URL(filePath: "\(inbox)/\(place).entry"))
    }
    await TrailInbox(directory.data).serve(trail)
    for place in 0..<4 {
      #expect(try String(contentsOfFile: "\(inbox)/\(place).done", encoding: .utf8) == "AUD007")
    }
    #expect(trail.size == 0)
    try trail.close()
  }

  /// An answer that nobody came for and what was left half written do not stay.
  @Test func whatIsLeftInTheInboxIsRemoved() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    let inbox = directory.data.path + "/inbox"
    try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: true)
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let ages: [(name: String, seconds: Double)] = [
      ("a.done", 601), ("b.entry.new", 601), ("c.done", 599), ("d.entry.new", 599), ("e.done", 0), ("f.done", -599),
      // From before the clock was set back: it is the old one, and the others are none for its sake.
      ("g.done", -601), ("h.entry.new", -86400),
    ]
    for (name, seconds) in ages {
      let path = "\(inbox)/\(name)"
      try Data("1".utf8).write(to: URL(filePath: path))
      try FileManager.default.setAttributes(
        [.modificationDate: now.addingTimeInterval(-seconds)], ofItemAtPath: path)
    }
    await TrailInbox(directory.data).serve(trail, at: now)
    let left = try FileManager.default.contentsOfDirectory(atPath: inbox).sorted()
    #expect(left == ["c.done", "d.entry.new", "e.done", "f.done"])
    // One that is alone there as well.
    await TrailInbox(directory.data).serve(trail, at: now.addingTimeInterval(1200))
    #expect(try FileManager.default.contentsOfDirectory(atPath: inbox) == [])
    try trail.close()
  }

  /// What a report shows of patients, and what is in the reports of those who were read of.
  @Test(arguments: TestStore.atHand) func reportsHaveWhatWasReadOfManyAtOnce(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 0..<3 {
      var answer = Self.entry(.answer, of: number)
      answer.client = "ehr"
      answer.models = [AuditEntry.Model(id: "prognosis", version: number == 2 ? "2.0.0" : "1.0.0", digest: [1])]
      _ = try await trail.append(answer)
    }
    let reader = try AuditReader(directory: directory.data)
    let answers = try reader.list(limit: .max)
    _ = try await trail.append(Self.reading("list"), showing: ShownPatients(answers))
    _ = try await trail.append(Self.reading("export auditevent, 3 records"), showing: ShownPatients(answers))
    var study = Self.reading("export deidentified for study, 3 records")
    study.outcome = AuditEntry.deidentified
    _ = try await trail.append(study, showing: ShownPatients(answers))
    // Of before, when a reading named nobody.
    _ = try await trail.append(Self.reading("export provenance, 3 records"))
    // What gave out nothing: refused, or of nobody.
    for (note, outcome, reason) in [
      ("export auditevent", AuditEntry.refused, "AUD031"), ("report access", AuditEntry.refused, "AUD031"),
      ("export auditevent, 0 records", nil, nil),
    ] as [(String, String?, String?)] {
      var asked = Self.reading(note)
      (asked.outcome, asked.reason) = (outcome, reason)
      _ = try await trail.append(asked)
    }
    try trail.close()

    let reports = ReportTests()
    var search = AuditReader.Search()
    search.filter.patient = Self.patient(1)
    let access = try reports.report(directory, .access, search)
    #expect(reports.column("kind", access) == ["answer", "read", "read", "read"])
    #expect(reports.column("what", access).suffix(3).map { $0.contains("export") } == [false, true, true])
    let disclosures = try reports.report(directory, .disclosures, search)
    #expect(reports.column("what", disclosures).dropFirst() == ["list", "export auditevent, 3 records"])
    #expect(access.report.patients.pseudonyms == [Self.patient(1)])

    // Of the exports those of its patients, and those that name nobody whom they showed.
    var recall = AuditReader.Search()
    (recall.model, recall.version) = ("prognosis", "2.0.0")
    let made = try reports.report(directory, .recall, recall)
    #expect(reports.column("kind", made) == ["answer", "read", "read", "read", "read"])
    #expect(made.report.patients.pseudonyms == [Self.patient(2)])
    #expect(Set(reports.column("patient", made)).count == 2)

    let all = try reports.report(directory, .disclosures)
    #expect(all.report.patients.pseudonyms == (0..<3).map(Self.patient))
    #expect(reports.column("patient", all).filter(\.isEmpty).count == 2, "of before, and of nobody; none refused")
    #expect(reports.column("code", try reports.report(directory, .failures)) == ["AUD031", "AUD031"])
    for kind in [TrailReport.Kind.activity, .gaps, .changes] {
      #expect(try reports.report(directory, kind).report.patients == ShownPatients())
    }
  }
}
