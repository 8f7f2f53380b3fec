// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// The service with clients: who gets where, and what those who do not are told.
@Suite struct AccessTests {
  /// A service with an EHR, a client of each other role, and the clock at which the forge's tokens are good.
  private final class Guarded: Sendable {
    let forge: TokenForge
    let tested: ServiceUnderTest
    let access: AccessControl
    private let folder: String

    init(
      rate: Double? = nil, limits: ServerLimits = ServerLimits(), alerting: AlertPolicy? = nil,
      externalURL: String? = nil
    ) async throws {
      folder = NSTemporaryDirectory() + "vigil-access-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let forge = TokenForge()
      func client(_ id: String, _ issuer: String, _ roles: [JSON], isStrict: Bool? = nil) -> JSON {
        [
          "id": .string(id), "issuer": .string(issuer), "jwks": ["keys": [forge.key]], "roles": .array(roles),
          "requestsPerSecond": rate.map { .number($0) }, "strict": isStrict.map(JSON.boolean),
        ]
      }
      let clients: JSON = [
        "clients": [
          client("ehr", TokenForge.issuer, ["client"]), client("south", "https://south.example.org", ["client"]),
          client("prometheus", "https://monitor.example.org", ["monitor"]),
          client("admin", "https://admin.example.org", ["administrator"]),
          client("portal", "https://portal.example.org", ["application"]),
          client("auditor", "https://audit.example.org", ["auditor"]),
          client("exact", "https://exact.example.org", ["client"], isStrict: true),
        ]
      ]
      try Data(clients.encoded()).write(to: URL(filePath: folder + "/clients.json"))
      access = try await AccessControl(
        file: folder + "/clients.json", externalURL: TokenForge.externalURL, keySets: KeySetCache { _, _ in nil },
        replays: try ReplayStore(path: folder + "/tokens.sqlite", boot: "one", now: TokenForge.now),
        limits: limits)
      tested = try ServiceUnderTest(at: TokenForge.now, access: access, alerting: alerting, externalURL: externalURL)
      self.forge = forge
    }

    /// The file of clients without one of them, read.
    func remove(_ id: String) async throws {
      let file = URL(filePath: folder + "/clients.json")
      let clients = try Document(Array(try Data(contentsOf: file)), syntax: .json).root.elements("clients")
      let rest = clients.map { JSON($0) }.filter { $0["id"]?.string != id }
      try Data((["clients": .array(rest)] as JSON).encoded()).write(to: file)
      // That the file changed is told by its time, which another write in the same moment leaves as it was.
      let time = Date(timeIntervalSince1970: Double(rest.count))
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file.path)
      #expect(try await access.reload())
    }

    deinit {
      try? FileManager.default.removeItem(atPath: folder)
    }

    func token(_ path: String, issuer: String = TokenForge.issuer, id: String = UUID().uuidString) throws -> String {
      var forge = forge
      forge.header["jku"] = nil
      forge.claims["aud"] = .string(TokenForge.externalURL + path)
      forge.claims["iss"] = .string(issuer)
      forge.claims["jti"] = .string(id)
      return try forge.token()
    }

    func send(
      _ method: HTTPRequest.Method, _ path: String, _ token: String?, _ body: [UInt8]? = nil
    ) async throws -> TestResponse {
      var headers: HTTPFields = [.contentType: "application/json"]
      if let token { headers[.authorization] = "Bearer \(token)" }
      return try await tested.send(method, path, headers, body)
    }
  }

  private static let hook = "/cds-services/patient-risk"

  @Test func aClientIsAnsweredAndOthersAreNot() async throws {
    let guarded = try await Guarded()
    let body = try Fixture.bytes("hooks/patient-view-sparse.json")
    let token = try guarded.token(Self.hook)
    let good = try await guarded.send(.post, Self.hook, token, body)
    #expect(good.status == .ok)
    let replayed = try await guarded.send(.post, Self.hook, token, body)
    #expect(replayed.status == .unauthorized)
    #expect(try guarded.tested.records().map(\.entry.kind) == [.answer, .rejection])
    // Who was answered is on record; the refused one is whoever showed the token.
    #expect(try guarded.tested.records().map(\.entry.client) == ["ehr", nil])
    // So is the clinician whom the client names, and its token by its name.
    let entry = try #require(try guarded.tested.records().first).entry
    #expect(entry.user == "Practitioner/syn-doctor" && entry.token?.isEmpty == false)
    #expect(entry.token.map { token.contains($0) } == false, "a name inside the token, and no part of it as it is sent")
    // A patient who asks for themselves is not: that would stand there for ever.
    let own = String(decoding: body, as: UTF8.self).replacing("Practitioner/syn-doctor", with: "Patient/syn-sparse")
    let asked = try await guarded.send(.post, Self.hook, try guarded.token(Self.hook), Array(own.utf8))
    #expect(asked.status == .ok)
    #expect(try #require(try guarded.tested.records().last).entry.user == nil)
    // A client that was let in and asks what cannot be answered is named.
    let bad = try await guarded.send(.post, Self.hook, try guarded.token(Self.hook), Array("{".utf8))
    #expect(bad.status == .badRequest)
    #expect(try guarded.tested.records().map(\.entry.client) == ["ehr", nil, "ehr", "ehr"])
    #expect(guarded.tested.log.text.contains("ehr"))
  }

  /// Whatever a client sent or read, its token is on record by its name, by which its own log is found (IHE BALP).
  @Test func everyRecordOfAClientNamesItsToken() async throws {
    let guarded = try await Guarded()
    func send(_ method: HTTPRequest.Method, _ path: String, _ issuer: String, _ body: [UInt8]? = nil) async throws {
      let id = UUID().uuidString
      let size = guarded.tested.trail.size
      let route = String(path.prefix { $0 != "?" })
      let response = try await guarded.send(method, path, guarded.token(route, issuer: issuer, id: id), body)
      #expect(response.status == .ok, "\(path)")
      let made = try guarded.tested.records().dropFirst(Int(size)).map(\.entry)
      #expect(!made.isEmpty && made.allSatisfy { $0.token == id && $0.client != nil }, "\(path)")
    }
    let auditor = "https://audit.example.org"
    try await send(.post, Self.hook, TokenForge.issuer, Fixture.bytes("hooks/patient-view-sparse.json"))
    let card: JSON = .string(UUID().uuidString)
    let feedback: JSON = ["feedback": [FeedbackTests.overridden(card, at: "2026-03-12T13:30:00Z")]]
    try await send(.post, Self.hook + "/feedback", TokenForge.issuer, feedback.encoded())
    try await send(.get, "/fhir/AuditEvent", auditor)
    let event = try #require(try guarded.tested.records().first).auditEventID(log: guarded.tested.trail.logKey.name)
    try await send(.get, "/fhir/AuditEvent/\(event)", auditor)
  }

  /// One client is read as it means it, another is held to the letter.
  @Test func strictnessIsTheClients() async throws {
    let guarded = try await Guarded()
    var request = JSON(try Document(try Fixture.bytes("hooks/patient-view-sparse.json"), syntax: .json).root)
    request["fhirAuthorization"] = .null
    let tolerated = try await guarded.send(.post, Self.hook, guarded.token(Self.hook), request.encoded())
    #expect(tolerated.status == .ok)
    let token = try guarded.token(Self.hook, issuer: "https://exact.example.org")
    let refused = try await guarded.send(.post, Self.hook, token, request.encoded())
    #expect(refused.status == .unprocessableContent)
    #expect(try guarded.tested.records().map(\.entry.status) == [200, 422])
  }

  /// Every refusal says the same, to the byte, but for the request's name.
  @Test func refusalsAreBareAndAlike() async throws {
    let guarded = try await Guarded()
    let good = try guarded.token(Self.hook)
    let canary = "Zyx9Canary"
    let tokens = [
      nil, "", "null", "x", String(good.dropLast(2)) + "AA", try guarded.token("/elsewhere"),
      try guarded.token(Self.hook, issuer: "https://\(canary).example.org"), String(repeating: "a", count: 9_000),
    ]
    var bodies: Set<String> = []
    for token in tokens {
      let response = try await guarded.send(.post, Self.hook, token, Array(canary.utf8))
      #expect(response.status == .unauthorized)
      #expect(response.headers[.wwwAuthenticate] == "Bearer")
      bodies.insert(response.text)
    }
    #expect(bodies.count == 1)
    #expect(bodies.first?.contains("diagnostics") == false)
    #expect(!guarded.tested.log.text.contains(canary))
    #expect(!guarded.tested.log.text.contains(String(good.suffix(40))))
    #expect(guarded.tested.log.text.contains("audience"))
    // The good one was not used up by its broken twin.
    let late = try await guarded.send(.get, "/cds-services", try guarded.token("/cds-services"))
    #expect(late.status == .ok)
  }

  static let page = "/explanations/\(String(repeating: "0", count: 32))"

  static let matrix: [(path: String, method: HTTPRequest.Method, allowed: Set<String>)] = [
    ("/cds-services", .get, ["ehr"]), (hook, .post, ["ehr"]), (hook + "/feedback", .post, ["ehr"]),
    ("/fhir/$assess", .post, ["ehr", "portal"]), ("/metrics", .get, ["prometheus", "admin"]),
    ("/fhir/AuditEvent", .get, ["auditor"]), ("/fhir/AuditEvent/1-0", .get, ["auditor"]), ("/v2", .get, ["portal"]),
    ("/v2/models/icu-diagnosis/infer", .post, ["portal"]),
  ]

  /// Every route with every role, and with none.
  @Test func rolesOpenTheirRoutesOnly() async throws {
    let guarded = try await Guarded()
    let issuers = [
      "ehr": TokenForge.issuer, "prometheus": "https://monitor.example.org", "admin": "https://admin.example.org",
      "portal": "https://portal.example.org", "auditor": "https://audit.example.org",
    ]
    for (path, method, allowed) in Self.matrix {
      for (client, issuer) in issuers {
        let response = try await guarded.send(method, path, try guarded.token(path, issuer: issuer), Array("{}".utf8))
        #expect((response.status == .forbidden) == !allowed.contains(client), "\(client) \(path)")
        #expect(response.status != .unauthorized, "\(client) \(path)")
      }
      #expect(try await guarded.send(method, path, nil).status == .unauthorized, "\(path)")
    }
    #expect(try await guarded.send(.get, "/healthz", nil).status == .ok)
    #expect(try await guarded.send(.get, "/readyz", nil).status == .ok)
    #expect(try await guarded.send(.get, "/fhir/metadata", nil).status == .ok)
    // The link of a card is its permission: no role opens the page, and none is asked for.
    for issuer in issuers.values {
      let token = try guarded.token(Self.page, issuer: issuer)
      #expect(try await guarded.send(.get, Self.page, token).status == .notFound)
    }
    #expect(try await guarded.send(.get, Self.page, nil).status == .notFound)
  }

  /// The links of a client open as long as it is let in.
  @Test func linksGoWithTheirClient() async throws {
    let guarded = try await Guarded(externalURL: TokenForge.externalURL)
    let body = try ExplanationTests.request.get()
    let answer = try await guarded.send(.post, Self.hook, try guarded.token(Self.hook), body).json()
    let links = (answer["cards"]?.elements ?? []).compactMap { $0["links"]?.elements.first?["url"]?.string }
    let url = try #require(links.first { $0.contains("/explanations/") && $0.contains("client=ehr") })
    let path = String(url.dropFirst(TokenForge.externalURL.count))
    #expect(try await guarded.send(.get, path, nil).status == .ok)
    try await guarded.remove("south")
    #expect(try await guarded.send(.get, path, nil).status == .ok)
    try await guarded.remove("ehr")
    #expect(try await guarded.send(.get, path, nil).status == .notFound)
  }

  /// Spellings of a path that a router may take for a route are not a way around.
  @Test(arguments: [
    "/cds-services/", "//cds-services", "/cds-services//patient-risk", "/cds-services/patient-risk/",
    "/./cds-services", "/x/../cds-services", "/%63ds-services", "/CDS-Services", "/metrics/", "//metrics",
    "/fhir//$assess", "/fhir/AuditEvent/", "/fhir//AuditEvent/1-0", "/fhir/AuditEvent/1-0/", "/fhir/AuditEvent//1-0",
    "/fhir/%41uditEvent/1-0",
    "/fhir/$assess/", "/fhir/%24assess", "/",
  ])
  func noSpellingGoesAround(path: String) async throws {
    let guarded = try await Guarded()
    for method in [HTTPRequest.Method.get, .post] {
      let response = try await guarded.send(method, path, nil, Array("{}".utf8))
      #expect([.notFound, .unauthorized].contains(response.status), "\(method) \(path) \(response.status)")
    }
  }

  @Test func aClientHasItsRate() async throws {
    // So few that the time the test takes does not matter.
    let guarded = try await Guarded(rate: 0.001)
    #expect(try await guarded.send(.get, "/cds-services", guarded.token("/cds-services")).status == .ok)
    let refused = try await guarded.send(.get, "/cds-services", guarded.token("/cds-services"))
    #expect(refused.status == .tooManyRequests)
    #expect(refused.headers[.retryAfter] != nil)
  }

  @Test func guessingIsSlowedDown() async throws {
    var limits = ServerLimits()
    limits.refusalsPerSecond = 0.001
    let guarded = try await Guarded(limits: limits)
    #expect(try await guarded.send(.get, "/cds-services", "x").status == .unauthorized)
    for _ in 0..<3 { #expect(try await guarded.send(.get, "/cds-services", "x").status == .tooManyRequests) }
    // The one who has a good token is not made to wait for the others at his address.
    #expect(try await guarded.send(.get, "/cds-services", guarded.token("/cds-services")).status == .ok)
  }

  @Test func preflightNeedsNoToken() async throws {
    let guarded = try await Guarded()
    for path in ["/cds-services", Self.hook, Self.hook + "/feedback"] {
      let response = try await guarded.tested.send(.options, path, [.origin: "https://ehr.example.org"])
      #expect(response.status == .noContent)
      #expect(response.headers[.accessControlAllowHeaders]?.contains("authorization") == true)
      // Not one of the origins that are configured; with clients, this machine's pages are not either.
      #expect(response.headers[.accessControlAllowOrigin] == nil)
      let local = try await guarded.tested.send(.options, path, [.origin: "http://localhost:3000"])
      #expect(local.headers[.accessControlAllowOrigin] == nil)
    }
  }

  /// Two hospitals, each with a patient of one id on a unit of one name: what one does with its cards holds nothing back at
  /// the other, after a restart neither, and counts for no card of the other's.
  @Test func twoClientsPatientsOfOneIDAreTwo() async throws {
    let south = "https://south.example.org"
    let guarded = try await Guarded(alerting: AlertPolicy(acknowledgedHours: 8, unitCeiling: 100))
    let body = try Fixture.bytes("hooks/patient-view-septic.json")
    func uuids(_ issuer: String) async throws -> [String] {
      let response = try await guarded.send(.post, Self.hook, try guarded.token(Self.hook, issuer: issuer), body)
      #expect(response.status == .ok)
      return try response.json()["cards"]?.elements.compactMap { $0["uuid"]?.string } ?? []
    }
    func setAside(_ cards: [String], _ issuer: String) async throws {
      let told: JSON = [
        "feedback": .array(
          cards.map {
            [
              "card": .string($0), "outcome": "overridden", "outcomeTimestamp": .string(TokenForge.now.description),
            ]
          })
      ]
      let path = "\(Self.hook)/feedback"
      let token = try guarded.token(path, issuer: issuer)
      #expect(try await guarded.send(.post, path, token, told.encoded()).status == .ok)
    }
    let north = try await uuids(TokenForge.issuer)
    #expect(!north.isEmpty)
    // The other knows the card's name and tells of it: nothing comes of it.
    try await setAside(north, south)
    #expect(try await uuids(TokenForge.issuer) == north)
    try await setAside(north, TokenForge.issuer)
    #expect(try await uuids(TokenForge.issuer).isEmpty)
    let other = try await uuids(south)
    #expect(other.count == north.count && Set(other).isDisjoint(with: north))
    let answers = try guarded.tested.records().map(\.entry).filter { $0.kind == .answer }
    #expect(answers.map(\.client) == ["ehr", "ehr", "ehr", "south"])
    #expect(Set(answers.compactMap(\.patient)).count == 2)
    // Of the unit's cards each saw its own.
    let seen = try answers.map {
      try #require(AnswerState(record: $0.payload?.state)).history.shownOnUnits.values.first
    }
    #expect(seen == [nil, north.count, 2 * north.count, nil])
    // What the next process reads from the trail is kept apart as well.
    let next = try guarded.tested.restarted(
      alerting: AlertPolicy(acknowledgedHours: 8, unitCeiling: 100), access: guarded.access)
    for (issuer, cards) in [(TokenForge.issuer, []), (south, other)] {
      let token = try guarded.token(Self.hook, issuer: issuer)
      let headers: HTTPFields = [.contentType: "application/json", .authorization: "Bearer \(token)"]
      let response = try await next.send(.post, Self.hook, headers, body)
      #expect(try response.json()["cards"]?.elements.compactMap { $0["uuid"]?.string } == cards)
    }
  }
}
