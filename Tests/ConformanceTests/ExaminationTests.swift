// SPDX-License-Identifier: Apache-2.0
import Conformance
import FHIR
import Testing

/// A right service passes; each wrong one is told what is wrong with it, and nothing else.
@Suite struct ExaminationTests {
  static func report(_ service: TestService) async throws -> ConformanceReport {
    var examination = Examination(isEncrypted: nil) { service.send($0) }
    try await examination.run()
    return examination.report
  }

  /// A service whose card is changed.
  static func card(_ change: @escaping @Sendable (inout JSON) -> Void) -> TestService {
    TestService { request, response in
      guard request.path == "/cds-services/risk", response.status == 200 else { return response }
      var card = TestService.card
      change(&card)
      return TestService.response(200, ["cards": [card]])
    }
  }

  /// A service whose discovery is changed.
  static func discovery(_ change: @escaping @Sendable (inout JSON) -> Void) -> TestService {
    TestService { request, response in
      guard request.path == "/cds-services", request.method == "GET",
        case .array(let all)? = TestService.discovery["services"]
      else { return response }
      var service = all[0]
      change(&service)
      return TestService.response(200, ["services": [service]])
    }
  }

  /// A service that answers a status otherwise.
  static func status(_ status: Int, _ other: Response) -> TestService {
    TestService { $1.status == status ? other : $1 }
  }

  typealias Response = Exchange.Response

  @Test func aRightServicePasses() async throws {
    let report = try await Self.report(TestService())
    #expect(report.isConformant && report.count(.warning) == 0, "\(report.table)")
    let unseen = report.rows.filter { $0.standing == .notSeen }.map(\.requirement)
    let aboutTokens: Set<Requirement> = [
      .tokenNeeded, .tokenAlgorithm, .tokenAudience, .tokenTime, .tokenSignature, .tokenReplay, .bareRefusal,
    ]
    #expect(Set(unseen) == aboutTokens.union([.encryption, .missingData]))
    #expect(report.table.contains("0 failed, 0 warnings"))
    #expect(report.json["conformant"] == true)
  }

  static let wrong: [(service: TestService, broken: Set<Requirement>)] = [
    (card { $0["summary"] = .string(String(repeating: "a", count: 140)) }, [.summary]),
    (card { $0["summary"] = nil }, [.cardMembers]), (card { $0["indicator"] = "hard-stop" }, [.indicator]),
    (card { $0["detail"] = .null }, [.cardMembers]), (card { $0["detail"] = "" }, [.emptyValues]),
    (card { $0["uuid"] = "1" }, [.identifiers]), (card { $0["selectionBehavior"] = nil }, [.selection]),
    (
      card { $0["links"] = [["label": "a", "url": "https://a.example", "type": "absolute", "appContext": "x"]] },
      [.links]
    ),
    (card { $0["links"] = [["label": "a", "url": "page", "type": "absolute"]] }, [.addresses]),
    (card { $0["overrideReasons"] = [["code": "a", "system": "b"]] }, [.overrideReasons]),
    (
      card { card in
        let create: JSON = ["type": "CREATE", "description": "d", "resource": ["resourceType": "Task"]]
        let suggestion: JSON = ["label": "s", "actions": [create]]
        card["suggestions"] = [suggestion]
      }, [.actions]
    ),
    (discovery { $0["description"] = nil }, [.serviceMembers]), (discovery { $0["title"] = nil }, [.serviceTitle]),
    (discovery { $0["usageRequirements"] = .null }, [.serviceMembers]),
    (discovery { $0["prefetch"] = ["p": "Patient/{{context.unknown}}"] }, [.prefetchToken]),
    (
      discovery { $0["prefetch"] = ["p": "https://ehr.example/Patient/{{context.patientId}}"] },
      [.prefetchQuery]
    ),
    (discovery { $0["version"] = "3" }, [.specificationVersion]),
    (status(404, TestService.response(200, ["cards": []])), [.unknownService, .silence]),
    (status(400, TestService.response(200, ["cards": []])), [.malformed, .silence]),
    (
      status(422, TestService.response(200, ["cards": []])),
      [.nonconformant, .hookOfService, .silence, .invalidFeedback]
    ),
    (status(400, TestService.error(500)), [.malformed, .silence]),
    (status(405, TestService.error(404)), [.method]), (status(415, TestService.error(400)), [.contentType]),
    (status(404, Response(status: 404, headers: [:], body: Array("not found".utf8))), [.outcome]),
    (
      status(
        422,
        TestService.response(422, ["resourceType": "OperationOutcome", "text": "\tat org.example.Main(Main.java:1)"])),
      [.discretion]
    ),
    (
      TestService {
        $0.path == "/cds-services" && $0.method == "GET" ? Response(status: 500, headers: [:], body: []) : $1
      },
      [.discoveryAddress, .silence, .outcome]
    ),
    (
      TestService { $0.path == "/cds-services" && $0.method == "GET" ? TestService.response(200, []) : $1 },
      [.discoveryServices]
    ),
    (
      TestService { request, response in
        request.path.hasSuffix("feedback") && request.method == "POST" ? TestService.error(400) : response
      }, [.feedback, .repeatedFeedback]
    ),
    (
      TestService { request, response in
        let text = String(decoding: request.body ?? [], as: UTF8.self)
        return text.contains("vigilConformance") ? TestService.error(400) : response
      }, [.unknownContext]
    ),
    (TestService { $0.method == "OPTIONS" ? Response(status: 401, headers: [:], body: []) : $1 }, [.preflight]),
    (
      TestService { request, response in
        let open = ["access-control-allow-origin": "*", "access-control-allow-credentials": "true"]
        return request.method == "OPTIONS" ? Response(status: 204, headers: open, body: []) : response
      }, [.credentials]
    ),
    (
      TestService { request, response in
        var response = response
        if response.status == 200 { response.headers["content-type"] = "text/json" }
        return response
      }, [.mediaType]
    ),
    (
      TestService { request, response in
        var response = response
        if request.path == "/cds-services/risk", response.status == 200 { response.seconds = 2 }
        return response
      }, [.promptness]
    ),
  ]

  @Test(arguments: wrong.indices)
  func aWrongServiceIsToldWhatIsWrong(_ index: Int) async throws {
    let (service, broken) = Self.wrong[index]
    let report = try await Self.report(service)
    let found = Set(report.rows.filter { !$0.findings.isEmpty }.map(\.requirement))
    #expect(
      found == broken, "\(report.rows.filter { !$0.findings.isEmpty }.map { "\($0.requirement): \($0.findings)" })")
  }

  /// A service that looks at none of a token's parts.
  @Test func tokensThatNoServiceMayTake() async throws {
    let key = """
      -----BEGIN PRIVATE KEY-----
      MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA=
      -----END PRIVATE KEY-----
      """
    #expect(throws: (any Error).self) {
      try TokenMaker(pem: key, keyID: "k", issuer: "https://i.example", keySetURL: nil, base: "https://s.example") { 0 }
    }
    let maker = try TokenMaker(
      pem: TokenMaker.newKey(), keyID: "k", issuer: "https://i.example", keySetURL: nil, base: "https://s.example"
    ) { 1_773_321_600 }
    let service = TestService()
    var examination = Examination(isEncrypted: false, tokens: maker) { service.send($0) }
    try await examination.run()
    let failed = Set(examination.report.rows.filter { $0.standing == .failed }.map(\.requirement))
    #expect(
      failed == [.encryption, .tokenNeeded, .tokenAlgorithm, .tokenAudience, .tokenTime, .tokenSignature])
    #expect(examination.report[.tokenReplay].standing == .warning)
  }
}
