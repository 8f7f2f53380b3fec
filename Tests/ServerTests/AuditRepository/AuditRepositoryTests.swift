// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Server
import Synchronization
import TestSupport
import Testing

/// The service's side of the sending to an audit record repository: how it is reached, and what is said of it.
@Suite struct AuditRepositoryTests {
  /// A repository on a port: gives its answers one after the other, then stores everything, and keeps what it was asked.
  private final class Repository: Sendable {
    struct State {
      var answers: [HTTPResponse.Status] = []
      var heads: [HTTPFields] = []
      var ids: [String] = []
    }
    let state = Mutex(State())
    /// Told of the number of events after each Bundle that was stored.
    let stored: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init(_ answers: [HTTPResponse.Status] = []) {
      (stored, continuation) = AsyncStream.makeStream()
      state.withLock { $0.answers = answers }
    }

    private func answer(_ headers: HTTPFields, _ body: [UInt8]) throws -> Response {
      let status = state.withLock { state -> HTTPResponse.Status? in
        state.heads.append(headers)
        return state.answers.isEmpty ? nil : state.answers.removeFirst()
      }
      if let status { return Response(status: status) }
      let ids = try Document(body, syntax: .json).root.elements("entry").compactMap { $0["resource"]?["id"]?.string }
      continuation.yield(
        state.withLock { state in
          state.ids += ids
          return state.ids.count
        })
      let entry: JSON = ["response": ["status": "201 Created"]]
      let bundle: JSON = [
        "resourceType": "Bundle", "type": "batch-response", "entry": .array(ids.map { _ in entry }),
      ]
      return Response(
        status: .ok, headers: [.contentType: "application/fhir+json"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: bundle.encoded())))
    }

    /// Serves while `body` runs, which is given the base.
    func serve(_ body: @escaping @Sendable (_ base: String) async throws -> Void) async throws {
      let router = Router()
      router.post("/fhir") { request, _ in
        let bytes = try await request.body.collect(upTo: 8 << 20)
        return try self.answer(request.headers, Array(bytes.readableBytesView))
      }
      let application = Application(router: router, logger: Logger(label: "repository") { _ in KeptLog() })
      try await application.test(.live) { client in
        try await body("http://127.0.0.1:\(try #require(client.port))/fhir")
      }
    }
  }

  private static func file(_ text: String, mode: Int = 0o600) throws -> String {
    let path = NSTemporaryDirectory() + "vigil-repository-" + UUID().uuidString
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  @Test func aRepositoryIsNamedByItsURL() throws {
    for url in ["https://arr.example/fhir", "http://127.0.0.1:9090/fhir", "http://localhost/"] {
      #expect(throws: Never.self) { try AuditRepository(url, authorities: nil, token: nil) }
    }
    for url in ["http://arr.example/fhir", "arr.example", "https://user@arr.example/", "https://arr.example/?a=b"] {
      #expect(throws: ServerConfiguration.Refusal.unusableRepository) {
        try AuditRepository(url, authorities: nil, token: nil)
      }
    }
    let bad = try [Self.file("secret", mode: 0o644), Self.file("two words"), Self.file("\n"), "/nonexistent"]
    for token in bad {
      #expect(throws: ServerConfiguration.Refusal.unusableRepository, "\(token)") {
        try AuditRepository("https://arr.example/", authorities: nil, token: token)
      }
    }
    #expect(throws: ServerConfiguration.Refusal.unusableRepository) {
      try AuditRepository("https://arr.example/", authorities: try Self.file("no certificate"), token: nil)
    }
  }

  /// A collector is named by its base, as OpenTelemetry's own exporters have it, or by where its logs go.
  @Test func aCollectorIsNamedByItsBase() throws {
    let logs = "otlp+https://collector.example:4318/v1/logs"
    for path in ["", "/", "/v1/logs"] {
      let url = "https://collector.example:4318" + path
      #expect(try AuditRepository(url, as: .otlp, authorities: nil, token: nil).name == logs)
    }
    #expect(throws: ServerConfiguration.Refusal.unusableRepository) {
      try AuditRepository("http://collector.example:4318", as: .otlp, authorities: nil, token: nil)
    }
    // A position of before there were others is still that of the repository.
    let repository = try AuditRepository("https://arr.example/fhir", authorities: nil, token: nil)
    #expect(repository.name == "https://arr.example:443/fhir")
  }

  /// A syslog receiver is named by its host, and reached over TLS alone, on this machine as well.
  @Test func aReceiverIsNamedByItsHost() throws {
    for (place, name) in [
      ("arr.example", "syslog+tls://arr.example:6514"), ("arr.example:7000", "syslog+tls://arr.example:7000"),
      ("127.0.0.1:443", "syslog+tls://127.0.0.1:443"), ("[::1]", "syslog+tls://[::1]:6514"),
    ] {
      let receiver = try AuditRepository(place, as: .syslog, authorities: nil, token: nil)
      #expect(receiver.name == name && receiver.url.scheme == "https")
    }
    for place in [
      "", "https://arr.example", "arr.example/path", "arr.example/", "arr.example:6514/", "arr.example:0",
      "user@arr.example", "arr example",
    ] {
      #expect(throws: ServerConfiguration.Refusal.unusableRepository, "\(place)") {
        try AuditRepository(place, as: .syslog, authorities: nil, token: nil)
      }
    }
  }

  /// Nobody listens, or who does has no TLS: nothing was sent.
  @Test func aReceiverWithoutTLSIsNone() async throws {
    let nobody = SyslogClient(
      try AuditRepository("127.0.0.1:1", as: .syslog, authorities: nil, token: nil), certificates: nil)
    #expect(await nobody.post(Array("1 x".utf8)) == nil)
    let repository = Repository()
    try await repository.serve { base in
      let place = String(base.dropFirst("http://".count).dropLast("/fhir".count))
      let client = SyslogClient(
        try AuditRepository(place, as: .syslog, authorities: nil, token: nil), certificates: nil)
      #expect(await client.post(Array("1 x".utf8)) == nil)
    }
  }

  /// A collector that has too much to do says for how long in seconds; a date, or what a broken one says, is not waited for.
  @Test func aCollectorIsSentJSONAndLeftAlone() async throws {
    let pauses = Mutex(["7", "86400", "Fri, 31 Dec 1999 23:59:59 GMT", "-1"])
    let mediaTypes = Mutex<[String?]>([])
    let router = Router()
    router.post("/v1/logs") { request, _ in
      mediaTypes.withLock { $0.append(request.headers[.contentType]) }
      let pause: String? = pauses.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      if let pause { return Response(status: .tooManyRequests, headers: [.retryAfter: pause]) }
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: "{}")))
    }
    let application = Application(router: router, logger: Logger(label: "collector") { _ in KeptLog() })
    try await application.test(.live) { client in
      let port = try #require(client.port)
      let base = "http://127.0.0.1:\(port)"
      let collector = AuditRepositoryClient(
        try AuditRepository(base, as: .otlp, authorities: nil, token: nil), certificates: nil)
      for pause in [.seconds(7), .seconds(600), nil, nil] as [Duration?] {
        let answer = await collector.post(Array("{}".utf8))
        #expect(answer?.status == 429 && answer?.retryAfter == pause)
      }
      let answer = await collector.post(Array("{}".utf8))
      #expect(answer?.status == 200 && answer?.retryAfter == nil && answer?.body == Array("{}".utf8))
      await collector.shutdown()
    }
    #expect(mediaTypes.withLock { $0 } == [String?](repeating: "application/json", count: 5))
  }

  @Test func aBundleIsPostedAndItsAnswerRead() async throws {
    let repository = Repository([.internalServerError, .unprocessableContent, .found])
    let token = try Self.file("first\n")
    try await repository.serve { base in
      let client = AuditRepositoryClient(
        try AuditRepository(base, authorities: nil, token: token), certificates: nil)
      let bundle = Array(#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"id":"1-a"}}]}"#.utf8)
      #expect(await client.post(bundle)?.status == 500)
      try Data("second\n".utf8).write(to: URL(filePath: token))
      #expect(await client.post(bundle)?.status == 422)
      #expect(await client.post(bundle)?.status == 302, "a redirect is not followed")
      let answer = await client.post(bundle)
      #expect(answer?.status == 200 && answer?.body.isEmpty == false)
      await client.shutdown()
      #expect(await client.post(bundle)?.status == 200, "another connection is opened")
      await client.shutdown()
      let nobody = AuditRepositoryClient(
        try AuditRepository("http://127.0.0.1:1/fhir", authorities: nil, token: nil), certificates: nil)
      #expect(await nobody.post(bundle) == nil)
      // Who takes a Bundle and says nothing is given up.
      let hasty = AuditRepositoryClient(
        try AuditRepository(base, authorities: nil, token: nil), certificates: nil, patience: .zero)
      #expect(await hasty.post(bundle) == nil)
    }
    let heads = repository.state.withLock(\.heads)
    #expect(heads.first?[.contentType] == "application/fhir+json")
    #expect(heads.prefix(2).map { $0[.authorization] } == ["Bearer first", "Bearer second"])
  }

  /// The running service: what was there is sent, a repository that fails is met again, and who watches sees it.
  @Test func theServiceSendsItsTrail() async throws {
    let repository = Repository([.serviceUnavailable])
    try await repository.serve { base in
      let tested = try ServiceUnderTest(
        auditRepository: try AuditRepository(base, authorities: nil, token: nil))
      for number in 1...130 {
        var entry = AuditEntry(time: septicEnd, kind: .answer)
        entry.hookInstance = "instance-\(number)"
        _ = try await tested.trail.append(entry)
      }
      try await tested.application.test(.live) { client in
        for await count in repository.stored where count == 130 { break }
        var text = ""
        repeat {
          try await Task.sleep(for: .milliseconds(5))
          text = try await client.execute(uri: "/metrics", method: .get).text
        } while !text.contains("vigil_audit_repository_record 130\n")
        let ready = try await client.execute(uri: "/readyz", method: .get).text
        #expect(ready == #"{"status":"ready","unsentAuditEvents":0}"#)
        #expect(text.contains("vigil_audit_repository_waiting 0\n"))
        #expect(text.contains("vigil_audit_repository_failures_total 1\n"))
        #expect(text.contains("vigil_audit_repository_refused_total 0\n"))
      }
      #expect(repository.state.withLock { Set($0.ids).count } == 130)
      #expect(tested.log.text.contains("AUD025") && tested.log.text.contains("sent to the audit repository again"))
      #expect(!tested.log.text.contains("instance-"))
    }
  }

  @Test func withoutARepositoryNothingIsSaidOfIt() async throws {
    let tested = try ServiceUnderTest()
    #expect(try await tested.send(.get, "/readyz").text == #"{"status":"ready"}"#)
    #expect(try await !tested.send(.get, "/metrics").text.contains("audit_repository"))
  }

  /// Longer each time, never for longer than a minute, never the same for two services.
  @Test func afterFailuresItWaits() {
    var (first, second) = (Backoff(), Backoff())
    var (chance, other) = (SplitMix64(seed: 1), SplitMix64(seed: 2))
    for failures in 0..<200 {
      let whole = min(Duration.seconds(1) * (1 << min(failures, 10)), .seconds(60))
      let delay = first.delay(using: &chance)
      #expect(delay >= whole / 2 && delay <= whole)
      #expect(delay != second.delay(using: &other))
    }
    first.reset()
    #expect(first.delay(using: &chance) <= .seconds(1))
  }
}
