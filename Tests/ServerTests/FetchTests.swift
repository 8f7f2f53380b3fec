// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Sandbox
import Server
import Synchronization
import Testing

/// What a client does not send is fetched from its FHIR server: by the fetching alone over the sandbox' router, and by the
/// service over sockets.
@Suite struct FetchTests {
  static let token = "canary-token-7f3a"

  static func sandbox(_ faults: [String: SandboxFault] = [:], pageSize: Int = 40) throws -> Sandbox {
    var store = ResourceStore()
    for name in ["septic-deterioration", "stable-postoperative"] {
      store.add(try Document(try Fixture.bytes("\(name).json"), syntax: .json))
    }
    return Sandbox(store, token: token, pageSize: pageSize, faults: faults)
  }

  /// A call for the septic patient that leaves everything to be fetched.
  static func request(
    server: String, token: String = token, scope: String = "patient/*.rs", prefetch: JSON? = nil,
    patient: String = "syn-septic"
  ) -> [UInt8] {
    let request: JSON = [
      "hook": "patient-view", "hookInstance": "2e4e5a5f-0e72-519b-9af6-e4f334a6d9c6", "fhirServer": .string(server),
      "fhirAuthorization": [
        "access_token": .string(token), "token_type": "Bearer", "expires_in": 300, "scope": .string(scope),
        "subject": "vigil", "patient": .string(patient),
      ],
      "context": ["userId": "Practitioner/d", "patientId": .string(patient)], "prefetch": prefetch,
    ]
    return request.encoded()
  }

  /// Long enough for what answers on a machine with other work.
  static var patient: FetchLimits {
    var limits = FetchLimits()
    limits.seconds = 60
    return limits
  }

  /// Runs the sandbox on a port, and a service that may call it.
  static func serve(
    _ sandbox: Sandbox, limits: ServerLimits = ServerLimits(), fetchLimits: FetchLimits = Self.patient,
    isPermitted: Bool = true,
    _ body: @escaping @Sendable (ServiceUnderTest, _ server: String) async throws -> Void
  ) async throws {
    try await sandbox.application(logger: Logger(label: "sandbox") { _ in KeptLog() }).test(.live) { client in
      let server = "http://127.0.0.1:\(try #require(client.port))/fhir"
      let policy = OutboundPolicy(isPermitted ? [try .init(server, isInternal: false)] : [])
      let tested = try ServiceUnderTest(limits: limits, outbound: policy, fetchLimits: fetchLimits)
      try await body(tested, server)
      await tested.service.clients.shutdown()
    }
  }

  /// The values the networks saw, of each model.
  static func values(_ features: [UInt8]) throws -> [JSON?] {
    JSON(try Document(features, syntax: .json).root).elements.map { $0["values"] }
  }

  @Test func whatIsFetchedGivesTheSameAnswerAsWhatIsSent() async throws {
    let sent = try ServiceUnderTest()
    let whole = try await sent.call(try Fixture.bytes("hooks/patient-view-septic.json"))
    let expected = try #require(try sent.records().first?.entry.payload)
    let sandbox = try Self.sandbox()
    try await Self.serve(sandbox) { tested, server in
      let response = try await tested.call(Self.request(server: server))
      #expect(response.status == .ok, "\(response.text)")
      let cards = try response.json()["cards"]?.elements ?? []
      #expect(cards.map { $0["summary"] } == (try whole.json()["cards"]?.elements.map { $0["summary"] }))
      let entry = try #require(try tested.records().first).entry
      let payload = try #require(entry.payload)
      #expect(try Self.values(payload.features) == Self.values(expected.features))
      // The record holds what is needed to answer again, and the token nowhere.
      let fetched = try #require(payload.fetched)
      let pages = JSON(try Document(fetched, syntax: .json).root)
      #expect(pages["vital-signs"]?.elements.count ?? 0 > 1)
      let again = try tested.service.assessor.answer(
        try HookCall(payload.request, service: "patient-risk", in: tested.service.assessor.services), fetched: fetched,
        at: try #require(entry.instant))
      #expect(again.response == payload.response && again.features == payload.features)
      #expect(again.outputs == payload.outputs)
      #expect(!String(decoding: payload.request, as: UTF8.self).contains(Self.token))
      #expect(try !tested.isOnDisk(Self.token) && !tested.log.text.contains(Self.token))
      #expect(!tested.log.text.contains("syn-septic"))
    }
    // Nothing was asked for twice, and the locations came with the encounters.
    #expect(Set(sandbox.asked).count == sandbox.asked.count)
    #expect(!sandbox.asked.contains { $0.contains("/Location") })
  }

  @Test func onlyWhatIsMissingIsAskedFor() async throws {
    let sandbox = try Self.sandbox()
    let septic = JSON(try Document(try Fixture.bytes("hooks/patient-view-septic.json"), syntax: .json).root)
    let prefetch: JSON = [
      "patient": septic["prefetch"]?["patient"], "encounters": septic["prefetch"]?["encounters"],
      "vital-signs": .null, "laboratory": ["resourceType": "OperationOutcome"],
    ]
    try await Self.serve(sandbox) { tested, server in
      let response = try await tested.call(Self.request(server: server, prefetch: prefetch))
      #expect(response.status == .ok)
    }
    let types = Set(sandbox.asked.map { String($0.prefix { $0 != "?" }) })
    #expect(types == ["/fhir/Observation", "/fhir/ServiceRequest"])
    #expect(sandbox.asked.contains { $0.contains("category=laboratory") })
    #expect(!sandbox.asked.contains { $0.contains("category=vital-signs") })
  }

  @Test func aFirstPageIsFollowed() async throws {
    let sandbox = try Self.sandbox(pageSize: 30)
    try await Self.serve(sandbox) { tested, server in
      // The client's own first page, as the server gave it.
      let page: JSON = [
        "resourceType": "Bundle", "type": "searchset",
        "link": [
          [
            "relation": "next",
            "url": .string("\(server)/Observation?patient=syn-septic&category=laboratory&_sort=-date&_page=2"),
          ]
        ],
      ]
      let response = try await tested.call(Self.request(server: server, prefetch: ["laboratory": page]))
      #expect(response.status == .ok)
    }
    #expect(!sandbox.asked.contains { $0.contains("category=laboratory") && !$0.contains("_page=") })
    #expect(sandbox.asked.contains { $0.contains("category=laboratory") && $0.contains("_page=3") })
  }

  static let failing: [(type: String, fault: SandboxFault, key: String, reason: String)] = [
    ("Patient", .status(503), "patient", "status 503"), ("Observation", .status(429), "vital-signs", "status 429"),
    ("Encounter", .outcome, "encounters", "OperationOutcome"),
    ("Encounter", .garbage, "encounters", "not a FHIR resource"),
    ("Patient", .redirect("http://169.254.169.254/latest"), "patient", "status 302"),
    ("Encounter", .endless, "encounters", "more pages"),
    ("Encounter", .nextAt("http://169.254.169.254/fhir/Encounter?page=2"), "encounters", "another server"),
    ("Observation", .delay(600), "vital-signs", "in time"), ("Observation", .drip(0.1), "vital-signs", "in time"),
  ]

  @Test(.timeLimit(.minutes(2)), arguments: failing.indices)
  func whatCannotBeHadIsNamed(_ index: Int) async throws {
    let (type, fault, key, reason) = Self.failing[index]
    var limits = Self.patient
    limits.requests = 40
    let isSlow = [.delay(600), .drip(0.1)].contains(fault)
    if isSlow { limits.seconds = 1 }
    try await Self.serve(try Self.sandbox([type: fault]), fetchLimits: limits) { tested, server in
      let response = try await tested.call(Self.request(server: server))
      #expect(response.status == .preconditionFailed)
      let issue = try #require(try response.json()["issue"]?.elements.first)
      #expect(issue["code"] == "processing")
      let diagnostics = issue["diagnostics"]?.string ?? ""
      #expect(diagnostics.contains(reason), "\(diagnostics)")
      // Where time is over, whatever had not come is named first.
      if isSlow { return }
      #expect(issue["expression"]?.elements == [.string("prefetch.\(key)")])
      #expect(diagnostics.hasPrefix("\(key): "), "\(diagnostics)")
      #expect(try tested.records().map(\.entry.kind) == [.rejection])
      #expect(try !tested.isOnDisk(Self.token) && !tested.log.text.contains(Self.token))
    }
  }

  /// What is fetched lies in memory as what is sent does: where there is no room for it the call is refused whole.
  @Test func whatIsFetchedNeedsRoomAsWell() async throws {
    var limits = ServerLimits()
    limits.bodiesBytes = 50_000
    try await Self.serve(try Self.sandbox(), limits: limits) { tested, server in
      for _ in 0..<2 {
        let response = try await tested.call(Self.request(server: server))
        #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] != nil, "\(response.text)")
      }
      // What it took is given back.
      #expect(try await tested.call([UInt8](repeating: 0x20, count: 49_000)).status == .badRequest)
    }
  }

  /// A client's key server that sends a byte now and then.
  @Test(.timeLimit(.minutes(2))) func aKeySetThatDripsIsGivenUp() async throws {
    let sandbox = try Self.sandbox(["Patient": .drip(0.1)])
    try await sandbox.application(logger: Logger(label: "sandbox") { _ in KeptLog() }).test(.live) { client in
      let clients = OutboundClients()
      let url = "http://127.0.0.1:\(try #require(client.port))/fhir/Patient/syn-septic"
      #expect(await clients.keySet(at: url, isInternal: true) == nil)
      await clients.shutdown()
    }
  }

  @Test func accessIsNeededForEachOfIt() async throws {
    let sandbox = try Self.sandbox()
    try await Self.serve(sandbox) { tested, server in
      func reason(_ request: [UInt8]) async throws -> String {
        let response = try await tested.call(request)
        #expect(response.status == .preconditionFailed)
        return try response.json()["issue"]?.elements.first?["diagnostics"]?.string ?? ""
      }
      let bare = #"{"hook":"patient-view","hookInstance":"x","context":{"userId":"Practitioner/1","patientId":"1"}}"#
      let requests: [([UInt8], String)] = [
        (Self.request(server: server, token: "other"), "status 401"),
        (Self.request(server: server, scope: "patient/Patient.read"), "scopes"),
        (Self.request(server: "http://127.0.0.1:1/fhir"), "may not call"),
        (Self.request(server: server + "x"), "may not call"), (Array(bare.utf8), "gave no access"),
        (Self.request(server: server, patient: "nobody"), "status 404"),
      ]
      for (request, expected) in requests {
        let diagnostics = try await reason(request)
        #expect(diagnostics.contains(expected), "\(diagnostics)")
      }
    }
    try await Self.serve(sandbox, isPermitted: false) { tested, server in
      let asked = sandbox.asked.count
      let response = try await tested.call(Self.request(server: server))
      #expect(response.status == .preconditionFailed)
      #expect(sandbox.asked.count == asked)
    }
  }

  /// A name that the operator permits, but that leads into a private network or to this machine.
  @Test(arguments: ["169.254.169.254", "127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1"])
  func anAddressIsCheckedBeforeItIsCalled(_ address: String) async throws {
    let lookups = Mutex(0)
    let clients = OutboundClients { _, port in
      lookups.withLock { $0 += 1 }
      return try SocketAddress(ipAddress: address, port: port)
    }
    let tested = try ServiceUnderTest(
      outbound: OutboundPolicy([try .init("https://ehr.example/fhir", isInternal: false)]), clients: clients)
    let response = try await tested.call(Self.request(server: "https://ehr.example/fhir"))
    #expect(response.status == .preconditionFailed && response.text.contains("address may not be called"))
    #expect(lookups.withLock { $0 } == 1)
  }

  @Test func aNameIsLookedUpOnceAndPinned() async throws {
    let sandbox = try Self.sandbox()
    try await sandbox.application(logger: Logger(label: "sandbox") { _ in KeptLog() }).test(.live) { client in
      let port = try #require(client.port)
      // The second answer would lead elsewhere: it is never asked for.
      let answers = Mutex(["127.0.0.1", "169.254.169.254"])
      let clients = OutboundClients { _, port in
        try SocketAddress(ipAddress: answers.withLock { $0.removeFirst() }, port: port)
      }
      let server = "http://localhost:\(port)/fhir"
      let tested = try ServiceUnderTest(
        outbound: OutboundPolicy([try .init(server, isInternal: false)]), fetchLimits: Self.patient, clients: clients)
      for _ in 0..<2 {
        let response = try await tested.call(Self.request(server: server))
        #expect(response.status == .ok)
      }
      #expect(answers.withLock { $0 } == ["169.254.169.254"])
      await clients.shutdown()
    }
  }

  /// The fetching alone, over the sandbox' router.
  @Test func theFetchingAloneCompletesACall() async throws {
    // The router has no address to lead to a next page.
    let sandbox = try Self.sandbox(pageSize: 1000)
    let assessor = try SmallModels.assessor.get()
    let server = try #require(ServerURL("http://127.0.0.1/fhir"))
    for id in ["patient-risk", "patient-risk-v3"] {
      let call = try HookCall(Self.request(server: "http://127.0.0.1/fhir"), service: id, in: assessor.services)
      let fetching = PrefetchFetching(call: call, instant: septicEnd, budget: FetchBudget(FetchLimits()))
      let fetched = try await sandbox.application(logger: Logger(label: "s") { _ in KeptLog() }).test(.router) {
        client in
        try await fetching.run(server: server) { path throws(FetchFailure) in
          let response: TestResponse
          do {
            response = try await client.execute(
              uri: "/fhir/\(path)", method: .get, headers: [.authorization: "Bearer \(Self.token)"])
          } catch {
            throw .unreachable
          }
          guard response.status == .ok else { throw .status(Int(response.status.code)) }
          return Array(response.body.readableBytesView)
        }
      }
      #expect(try call.chart(completedWith: fetched).observations.count > 100)
    }
    #expect(sandbox.asked.contains { $0.contains("date=ge2026-02-") }, "\(sandbox.asked)")
  }
}
