// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// The page behind a card's first link: made of the record, opened by the link alone, for a while, and never unseen.
@Suite struct ExplanationTests {
  static let address = "http://127.0.0.1:8080"
  static let request = Result { try Fixture.bytes("hooks/patient-view-septic.json") }

  /// The links of the cards of one answer, without the address.
  static func links(_ tested: ServiceUnderTest) async throws -> [String] {
    let cards = try await tested.call(try request.get()).json()["cards"]?.elements ?? []
    return cards.compactMap { $0["links"]?.elements.first?["url"]?.string }.filter { $0.hasPrefix(address) }
      .map { String($0.dropFirst(address.count)) }
  }

  @Test func aCardLeadsToItsPage() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address + "/")
    let response = try await tested.call(try Self.request.get())
    let cards = try response.json()["cards"]?.elements ?? []
    let answered = try #require(try tested.records().last)
    #expect(cards.count > 1)
    for card in cards {
      let link = try #require(card["links"]?.elements.first)
      let uuid = try #require(card["uuid"]?.string)
      let url = try #require(link["url"]?.string)
      #expect(link["type"] == "absolute" && url.hasPrefix("\(Self.address)/explanations/"))
      // What is keyed by nothing could be tried out for the patient's id.
      #expect(!url.contains(uuid))
      #expect(url.contains("/\(AuditRecord.hexadecimal(tested.trail.pseudonyms.card(uuid)))?at="))
      let page = try await tested.send(.get, String(url.dropFirst(Self.address.count)))
      #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
      #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
      #expect(page.headers[.cacheControl] == "no-store" && page.headers[.xContentTypeOptions] == "nosniff")
      #expect(HTTPField.Name("Referrer-Policy").flatMap { page.headers[$0] } == "no-referrer")
      let summary = HTML.escaped(try #require(card["summary"]?.string))
      #expect(page.text.contains("<h1>\(summary)</h1>"))
      // All that the record has of it: every driver with its source, and every signal that is missing.
      let outputs = try Document(try #require(answered.entry.payload).outputs, syntax: .json).root
      let said = try #require(answered.entry.cards.first { $0.key == tested.trail.pseudonyms.card(uuid) })
      let model = try #require(outputs.elements("models").first { $0["model"]?.string == said.model })
      let finding = try #require(model.elements("findings").first { $0["outcome"]?.string == said.outcome })
      let drivers = finding["explanation"]?.elements("drivers").map { $0 } ?? []
      #expect(finding["probability"] == nil || !drivers.isEmpty)
      for driver in drivers {
        #expect(page.text.contains("<b>\(HTML.escaped(driver["signal"]?.string ?? "?"))</b>"))
        #expect(page.text.contains(HTML.escaped(driver["resource"]?.string ?? "–")))
      }
      for signal in model.elements("missing") { #expect(page.text.contains(HTML.escaped(signal.string ?? "?"))) }
    }
    // Each reading is on record, with the patient whose it was.
    let reads = try tested.records().map(\.entry).filter { $0.kind == .read }
    #expect(reads.count == cards.count)
    #expect(reads.allSatisfy { $0.patient == answered.entry.patient && $0.patient != nil })
    #expect(reads.allSatisfy { $0.note == "explanation of record \(answered.sequence)" })
    #expect(Set(reads.flatMap(\.cards).map(\.key)) == Set(answered.entry.cards.map(\.key)))
  }

  @Test func aStoredAnswerIsGivenAgainWithItsLinks() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    _ = try await Self.links(tested)
    let entry = try #require(try tested.records().last).entry
    let payload = try #require(entry.payload)
    let assessor = tested.service.assessor
    let call = try HookCall(payload.request, service: "patient-risk", in: assessor.services)
    let state = try #require(AnswerState(record: payload.state))
    #expect(!state.pages.isEmpty && state.pages.values.allSatisfy { $0.hasPrefix("\(Self.address)/explanations/") })
    #expect(try assessor.answer(call, state: state, at: try #require(entry.instant)).response == payload.response)
  }

  @Test func onlyTheLinkOpensIt() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    let links = try await Self.links(tested)
    let (path, other) = (try #require(links.first), try #require(links.last))
    #expect(path != other)
    let signature = try #require(path.split(separator: "=").last)
    let moved = path.replacing(/at=\d+/) { "at=\((Int($0.output.dropFirst(3)) ?? 0) + 1)" }
    let wrong = [
      path.replacing("signature=\(signature)", with: ""), path + "0", String(path.dropLast()),
      path.replacing(signature, with: String(signature.reversed())), moved, path + "&client=ehr",
      path.replacing("signature=", with: "client=ehr&signature="),
      other.replacing(try #require(other.split(separator: "=").last), with: signature),
      path.replacing(/at=\d+/, with: "at=9223372036854775807"), path.replacing(/at=\d+/, with: "at=-1"),
      "/explanations/x", "/explanations/\(UUID().uuidString)",
      path.uppercased().replacing("/EXPLANATIONS/", with: "/explanations/"),
    ]
    // Any one digit of the signature changed.
    let digits = Array(signature)
    let forged = digits.indices.map { place in
      var changed = digits
      changed[place] = digits[place] == "0" ? "1" : "0"
      return path.replacing(signature, with: String(changed))
    }
    for path in wrong + forged {
      let page = try await tested.send(.get, path)
      #expect(page.status == .notFound, "\(path)")
      #expect(page.headers[.contentType] == "text/html; charset=utf-8" && page.text.contains("CDS037"))
    }
    #expect(try tested.records().map(\.entry).contains { $0.kind == .rejection && $0.reason == "CDS037" })
    #expect(try tested.records().allSatisfy { $0.entry.kind != .read })
    #expect(try await tested.send(.get, path).status == .ok)
    #expect(try await tested.send(.post, path, [:], []).status == .methodNotAllowed)
  }

  @Test func itOpensForADayAndNotAfterAnErasure() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    let path = try #require(try await Self.links(tested).first)
    tested.set(septicEnd.advanced(byHours: 24))
    #expect(try await tested.send(.get, path).status == .ok)
    tested.set(Instant(milliseconds: septicEnd.milliseconds + 24 * 3_600_000 + 1))
    let late = try await tested.send(.get, path)
    #expect(late.status == .gone && late.text.contains("CDS038"))
    let refused = try #require(try tested.records().last).entry
    let answered = try #require(try tested.records().first { $0.entry.kind == .answer }).entry
    #expect(refused.kind == .rejection && refused.reason == "CDS038" && refused.status == 410)
    #expect(refused.patient == answered.patient && refused.patient != nil)
    let card = try #require(refused.cards.first).key
    #expect(refused.cards.count == 1 && path.contains("/\(AuditRecord.hexadecimal(card))?"))
    tested.set(septicEnd)
    let patient = try #require(try tested.records().compactMap(\.entry.patient).first)
    var proposal = AuditEntry(time: septicEnd, kind: .proposal)
    (proposal.outcome, proposal.origin, proposal.reason) = (Proposal.erasure.rawValue, "officer", "asked for")
    proposal.patient = patient
    var approval = AuditEntry(time: septicEnd, kind: .approval)
    (approval.outcome, approval.origin) = (Proposal.erasure.rawValue, "second")
    approval.proposal = try await tested.trail.perform(proposal)
    _ = try await tested.trail.perform(approval)
    #expect(try await tested.send(.get, path).status == .gone)
  }

  /// What the page says was said then: another model answers by now.
  @Test func itIsMadeOfTheRecordWhateverAnswersNow() async throws {
    let renamed = try SmallModels.assessor(version: "0.0.2")
    let tested = try ServiceUnderTest(load: { _, _ in renamed }, externalURL: Self.address)
    let paths = try await Self.links(tested)
    func pages() async throws -> [String] {
      var pages: [String] = []
      for path in paths { pages.append(try await tested.send(.get, path).text) }
      return pages
    }
    let before = try await pages()
    try await tested.control(try ActivationTests.chosen("0.0.2"))
    #expect(ActivationTests.version(tested) == "0.0.2" && !before.isEmpty)
    #expect(try await pages() == before)
  }

  /// A clock that is stepped back between the assessment and its record hides no page.
  @Test func aClockSteppedBackHidesNoPage() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    let entry = try #require(try await Self.answer(tested))
    let path = try #require(try await Self.links(tested).first)
    var copy = entry
    copy.time = Instant(milliseconds: septicEnd.milliseconds - 300_000)
    let other = try ServiceUnderTest(externalURL: Self.address)
    let sequence = try await other.trail.append(copy)
    let key = try #require(AuditRecord.bytes(hexadecimal: String(path.dropFirst("/explanations/".count).prefix(32))))
    let reader = try AuditReader(directory: other.trail.directory)
    #expect(try reader.answer(showing: key, at: septicEnd)?.sequence == sequence)
  }

  private static func answer(_ tested: ServiceUnderTest) async throws -> AuditEntry? {
    _ = try await links(tested)
    return try tested.records().last?.entry
  }

  @Test func anAddressHasItsRate() async throws {
    var limits = ServerLimits()
    limits.pagesPerSecond = 0.001
    let tested = try ServiceUnderTest(limits: limits, externalURL: Self.address)
    let path = try #require(try await Self.links(tested).first)
    #expect(try await tested.send(.get, path).status == .ok)
    let refused = try await tested.send(.get, path)
    #expect(refused.status == .tooManyRequests && refused.headers[.retryAfter] != nil)
    #expect(refused.headers[.contentType] == "text/html; charset=utf-8")
  }

  /// Nothing by which a link could be made is in a record.
  @Test func aRecordHoldsNoKeyOfLinks() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    _ = try await Self.links(tested)
    let record = try #require(try tested.records().last)
    let state = String(decoding: try #require(record.entry.payload?.state), as: UTF8.self)
    #expect(state.contains("\"pages\"") && !state.contains("\"key\""))
    #expect(!record.json.text().contains("\"explanations\""))
  }

  /// Where browsers do not know the service, or nothing is on record, no card promises a page.
  @Test func withoutAnAddressThereIsNoLink() async throws {
    let tested = try ServiceUnderTest()
    #expect(try await !tested.call(try Self.request.get()).text.contains("/explanations/"))
    #expect(try #require(try tested.records().last).entry.payload?.state == nil)
  }

  /// Ids, codes and units of resources are the chart's words too.
  @Test func aHostileIdIsTextOnThePage() async throws {
    let tested = try ServiceUnderTest(externalURL: Self.address)
    let mark = #"<img src=x onerror=alert(1)>\"><script>7</script>"#
    let text = String(decoding: try Self.request.get(), as: UTF8.self).replacing("\"sep-o", with: "\"\(mark)sep-o")
    let answer = try await tested.call(Array(text.utf8)).json()
    var pages = 0
    for card in answer["cards"]?.elements ?? [] {
      guard let url = card["links"]?.elements.first?["url"]?.string, url.hasPrefix(Self.address) else { continue }
      let page = try await tested.send(.get, String(url.dropFirst(Self.address.count))).text
      #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;") && page.contains("sep-o"))
      #expect(!page.contains("<img") && !page.contains("<script"))
      pages += 1
    }
    #expect(pages > 0)
  }

  static let hostile = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a | b || c", "**bold** _em_ `code` \\ \\* &#32; &lt;",
    "mail@example.org @@ http://example.org www.example.org", "- item", "| x |", "1. one", "# head",
    "a\u{202E}b\u{200B}c", "a\u{61C}b\u{AD}c\u{2060}d\u{E0041}e\u{7}f",
    " spaces  at the end ", "\"quotes\" & 'apostrophes'", "`", "@", "\\", "\\`@`",
  ]

  /// Whatever stands in a chart reads on the page as what it is.
  @Test(arguments: hostile)
  func textOfTheChartIsText(_ text: String) {
    let shown = HTML.escaped(VisibleText.of(text))
    let paragraph: Markdown = "Lead \(text) tail"
    #expect(CardMarkdown.html(paragraph.text) == "<p>Lead \(shown) tail</p>")
    let row: Markdown = "| A | B |\n| --- | --- |\n| x\(text)x | y |"
    #expect(
      CardMarkdown.html(row.text).contains("<td data-title=\"A\">x\(shown)x</td><td data-title=\"B\">y</td>"))
    let option: Markdown = "- x\(text)"
    #expect(CardMarkdown.html(option.text) == "<ul><li>x\(shown)</li></ul>")
  }
}
