// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import GRDB
import Hummingbird
import HummingbirdTesting
import Logging
import Server
import Testing

/// No answer without its record.
@Suite struct TrailTests {
  /// The clock is on record when it is not as it was told, once.
  @Test func theClockIsToldWhenItChanges() async throws {
    let tested = try ServiceUnderTest()
    func service(_ state: ClockState?) -> VigilService {
      VigilService(
        inForce: tested.service.inForce, trail: tested.trail, configuration: tested.service.configuration,
        now: tested.service.now, clock: { state })
    }
    func state(_ isSynchronised: Bool, _ error: Int64) -> ClockState {
      ClockState(isSynchronised: isSynchronised, offset: 0, estimatedError: 1, maximumError: error)
    }
    var told: ClockState? = state(true, 20)
    for next in [nil, state(true, 30), state(false, 16_000_000), state(false, 16_000_000), state(true, 1200)] {
      told = await service(next).tellClock(since: told)
    }
    let entries = try tested.records().map(\.entry)
    #expect(entries.map(\.kind) == [.clock, .clock] && entries.map(\.outcome) == ["unsynchronised", "synchronised"])
    #expect(entries.last?.note?.contains("at most 1200 us off") == true)
    #expect(told == state(true, 1200))
    // What could not be put on record is not told.
    try tested.trail.close()
    #expect(await service(state(false, 1)).tellClock(since: told) == told)
  }

  /// A data key of before keys were bound to their patients, put there once a record forbids it: in the log and on record.
  @Test func aForbiddenKeyIsToldAtTheStart() async throws {
    let tested = try ServiceUnderTest()
    _ = try await tested.trail.append(AuditEntry(time: septicEnd, kind: .start))
    #expect(try await tested.call(try Fixture.bytes("hooks/patient-view-sparse.json")).status == .ok)
    try await tested.trail.database.write { try $0.execute(sql: "UPDATE subject_key SET wrapped = zeroblob(60)") }
    for (next, isTold) in [(tested, false), (try tested.restarted(), true)] {
      let before = try next.records(withPayloads: false).count
      try await next.service.tellForbiddenKeys(Logger(label: "start") { _ in next.log })
      let said = try next.records(withPayloads: false).dropFirst(before).map(\.entry)
      #expect(said.count == (isTold ? 1 : 0))
      #expect(said.allSatisfy { $0.kind == .rejection && $0.reason == "AUD022" && $0.count == 1 && $0.note != nil })
      let lines = next.log.text.split(separator: "\n").filter { $0.hasPrefix("error") && $0.contains("AUD022") }
      #expect(lines.count == said.count && lines.allSatisfy { $0.contains("vigil audit verify") })
    }
  }

  @Test func anAnswerIsOnRecordWithEverythingItDependedOn() async throws {
    let tested = try ServiceUnderTest()
    let request = try Fixture.bytes("hooks/patient-view-septic.json")
    let response = try await tested.call(request)
    #expect(response.status == .ok)
    let entry = try #require(try tested.records().first).entry
    #expect(entry.kind == .answer)
    #expect(entry.service == "patient-risk")
    #expect(entry.hook == "patient-view")
    #expect(entry.hookInstance == "2e4e5a5f-0e72-519b-9af6-e4f334a6d9c6")
    #expect(entry.patient == tested.trail.pseudonyms.patient("syn-septic"))
    #expect(entry.time == septicEnd)
    #expect(entry.instant == septicEnd)
    #expect(entry.status == 200)
    #expect(entry.configuration?.count == 32)
    #expect(Set(entry.models.map(\.digest.count)) == [32])
    let payload = try #require(entry.payload)
    #expect(payload.request == request)
    #expect(try tested.isOnDisk("patient-risk"), "what is looked for on the disk can be found there")
    #expect(payload.response == Array(response.body.readableBytesView))
    #expect(try Document(payload.features, syntax: .json).root.kind == .array)
    #expect(try Document(payload.outputs, syntax: .json).root.kind == .object)
  }

  /// A leaf is for ever and in nobody's key: what a client wrote freely stands in it by a pseudonym, or not at all.
  @Test func whatAClientWroteFreelyStandsInNoLeaf() async throws {
    let tested = try ServiceUnderTest()
    let name = "Ingrid CANARY, 1950"
    let request = String(decoding: try Fixture.bytes("hooks/patient-view-septic.json"), as: UTF8.self)
      .replacing("2e4e5a5f-0e72-519b-9af6-e4f334a6d9c6", with: name)
    let response = try await tested.call(Array(request.utf8))
    #expect(response.status == .ok)
    let entry = try #require(try tested.records().first).entry
    #expect(
      entry.hookInstance == tested.trail.pseudonyms.hookInstance(name) && entry.hookInstance?.hasPrefix("hmac:") == true
    )
    let card = try response.json()["cards"]?.elements.first?["uuid"]
    _ = try await FeedbackTests.send(
      tested, [FeedbackTests.overridden(card, at: "2026-03-12T13:30:00Z", code: "CANARY")])
    #expect(try tested.records().map(\.entry).contains { $0.kind == .feedback && $0.reason == "unlisted" })
    #expect(try !tested.isOnDisk("CANARY"))
  }

  @Test func whatIsLeftUnstatedIsOnRecordWithItsReason() async throws {
    let tested = try ServiceUnderTest()
    let response = try await tested.call(try Fixture.bytes("hooks/patient-view-child.json"))
    #expect(response.status == .ok)
    let entry = try #require(try tested.records().first).entry
    #expect(Set(entry.abstentions.map(\.model)) == ["small-diagnosis", "small-prognosis"])
    // The same reasons for the same outcomes as in what the models gave.
    let outputs = try Document(try #require(entry.payload).outputs, syntax: .json).root
    var codes: Set<String> = []
    for model in outputs.elements("models") {
      for finding in model.elements("findings") {
        let outcome = finding["outcome"]?.text ?? ""
        let said = finding.elements("notAssessed").compactMap { $0["code"]?.text }
        let recorded = entry.abstentions.filter { $0.model == model["model"]?.text && $0.outcomes.contains(outcome) }
        #expect(!said.isEmpty && Set(recorded.map(\.code)) == Set(said))
        codes.formUnion(said)
      }
    }
    var search = AuditReader.Search()
    for code in codes {
      search.abstention = code
      #expect(try AuditReader(directory: tested.trail.directory).find(search, limit: 9).map(\.sequence) == [1])
    }
    search.abstention = "never"
    #expect(try AuditReader(directory: tested.trail.directory).find(search, limit: 9) == [])
    #expect(!codes.isEmpty)
  }

  @Test func aTokenIsNeverStored() async throws {
    let tested = try ServiceUnderTest()
    let original = try Fixture.text("hooks/patient-view-sparse.json")
    let authorization = """
      {"fhirServer": "https://fhir.example", "fhirAuthorization": {"access_token": "Zyx9Canary", "token_type": "Bearer",
      "expires_in": 300, "scope": "patient/*.rs", "subject": "vigil"},
      """
    let response = try await tested.call(Array((authorization + original.drop { $0 != "{" }.dropFirst()).utf8))
    #expect(response.status == .ok)
    let payload = try #require(try tested.records().first?.entry.payload)
    #expect(!String(decoding: payload.request, as: UTF8.self).contains("Zyx9Canary"))
    #expect(try !tested.isOnDisk("Zyx9Canary"))
    #expect(!tested.log.text.contains("Zyx9Canary"))
    // What is left is still a request, and gives the same answer.
    #expect(try await tested.call(payload.request).body == response.body)
  }

  @Test func aTrailThatCannotBeWrittenGivesNoAnswer() async throws {
    let tested = try ServiceUnderTest()
    try tested.trail.close()
    for body in [try Fixture.bytes("hooks/patient-view-septic.json"), Array("{".utf8)] {
      let response = try await tested.call(body)
      #expect(response.status == .serviceUnavailable)
      #expect(response.headers[.retryAfter] != nil)
      let outcome = try response.json()
      #expect(outcome["cards"] == nil)
      #expect(outcome["issue"]?.elements.first?["details"]?["coding"]?.elements.first?["code"] == "CDS034")
    }
    #expect(try await tested.send(.get, "/readyz").status == .serviceUnavailable)
    #expect(try await tested.send(.get, "/healthz").status == .ok)
  }

  @Test func aFullDiskGivesNoAnswerUntilThereIsRoom() async throws {
    let tested = try ServiceUnderTest()
    let request = try Fixture.bytes("hooks/patient-view-sparse.json")
    try await tested.trail.database.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    // The pages there are may still have room for a record or a few.
    var answered = 0
    while try await tested.call(request).status == .ok, answered < 100 { answered += 1 }
    #expect(answered < 100)
    // Refusals are shorter and may still have had room; answers are on record exactly when they were given.
    #expect(try tested.records().count { $0.entry.kind == .answer } == answered)
    try await tested.trail.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
    #expect(try await tested.call(request).status == .ok)
    #expect(try await tested.send(.get, "/readyz").status == .ok)
    #expect(try tested.records().count { $0.entry.kind == .answer } == answered + 1)
  }

  /// The response exists only after the commit: while the writer stands still there is none, however long it takes.
  @Test func theAnswerWaitsForItsRecord() async throws {
    let tested = try ServiceUnderTest()
    let gate = DispatchSemaphore(value: 0)
    tested.trail.writer.async { gate.wait() }
    let request = try Fixture.bytes("hooks/patient-view-sparse.json")
    async let response = tested.call(request)
    while tested.trail.waitingCount == 0 { await Task.yield() }
    #expect(try tested.records().isEmpty)
    gate.signal()
    #expect(try await response.status == .ok)
    #expect(try tested.records().count == 1)
  }
}

extension AuditTrail {
  /// SQLite's side of the connection that writes.
  var database: DatabaseQueue {
    guard let store = store as? SQLiteStore else { fatalError("the trail does not lie in SQLite") }
    return store.queue
  }
}
