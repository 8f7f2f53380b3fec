// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Server
import Synchronization
import Testing

@Suite struct ObservationTests {

  @Test func metricsCountWhatHappened() async throws {
    let tested = try ServiceUnderTest()
    let text = try await tested.application.test(.router) { client -> String in
      for _ in 0..<3 { _ = try await client.execute(uri: "/healthz", method: .get) }
      _ = try await client.execute(
        uri: "/cds-services/patient-risk", method: .post, headers: [.contentType: "application/json"],
        body: ByteBuffer(string: "{"))
      _ = try await client.execute(uri: "/nothing/Zyx9Canary", method: .get)
      let response = try await client.execute(uri: "/metrics", method: .get)
      #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
      return response.text
    }
    let lines = text.split(separator: "\n")
    #expect(lines.contains(#"vigil_requests_total{endpoint="health",status="200"} 3"#))
    #expect(lines.contains(#"vigil_requests_total{endpoint="hook",status="400"} 1"#))
    #expect(lines.contains(#"vigil_requests_total{endpoint="none",status="404"} 1"#))
    #expect(lines.contains(#"vigil_errors_total{code="CDS001"} 1"#))
    #expect(lines.contains(#"vigil_request_duration_seconds_bucket{endpoint="health",le="+Inf"} 3"#))
    #expect(lines.contains("vigil_requests_in_flight 1"))
    #expect(!text.contains("Zyx9Canary"))
  }

  /// Every family is announced once, before its samples, and its buckets never fall (exposition format 0.0.4).
  @Test func metricsKeepTheFormat() async throws {
    let tested = try ServiceUnderTest()
    let text = try await tested.application.test(.router) { client -> String in
      _ = try await client.execute(uri: "/healthz", method: .get)
      return try await client.execute(uri: "/metrics", method: .get).text
    }
    var types: [Substring: Substring] = [:]
    var last = -1.0
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# HELP ") { continue }
      if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ")
        #expect(words.count == 4)
        #expect(types.updateValue(words[3], forKey: words[2]) == nil)
        continue
      }
      let match = try #require(line.wholeMatch(of: /([a-z_]+)(\{[^}]*\})? ([-+.e0-9]+)/), "\(line)")
      let family =
        ["_bucket", "_sum", "_count"].first { match.1.hasSuffix($0) }.map { match.1.dropLast($0.count) } ?? match.1
      #expect(types[family] != nil, "\(line)")
      if match.1.hasSuffix("_bucket") {
        let value = try #require(Double(match.3))
        if !line.contains(#"le="0.001""#) { #expect(value >= last) }
        last = value
      }
    }
    #expect(types.count > 8)
    #expect(types.allSatisfy { $1 != "counter" || $0.hasSuffix("_total") })
  }

  @Test(
    arguments: [
      (
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      ),
      (
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      ),
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", nil),
      ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", nil),
      ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", nil),
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", nil),
      ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01", nil), ("", nil), ("00-x-y-z", nil),
      ("00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01", nil),
    ] as [(String, String?)])
  func readsTraces(field: String, passedOn: String?) {
    #expect(TraceContext(field)?.traceparent == passedOn)
  }

  @Test func requestsAreNamedAndTraced() async throws {
    let tested = try ServiceUnderTest()
    let (requestID, traceparent) = (
      try #require(HTTPField.Name("X-Request-Id")), try #require(HTTPField.Name("traceparent"))
    )
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let named = try await tested.send(.get, "/x", [requestID: "abc-1", traceparent: trace])
    #expect(named.headers[requestID] == "abc-1")
    #expect(tested.log.text.contains("abc-1"))
    #expect(tested.log.text.contains("4bf92f3577b34da6a3ce929d0e0e4736"))
    for bad in ["", "a b", "a\u{7f}", "<script>", String(repeating: "a", count: 65), "Zyx9Canary;"] {
      let response = try await tested.send(.get, "/x", [requestID: bad, traceparent: "Zyx9Canary"])
      let name = try #require(response.headers[requestID])
      #expect(name != bad && !name.isEmpty)
    }
    #expect(!tested.log.text.contains("Zyx9Canary"))
  }

  @Test func logLinesAreOneObjectEach() throws {
    let lines = Mutex<[[UInt8]]>([])
    var logger = Logger(label: "vigil") { label in
      JSONLogHandler(label: label) { line in lines.withLock { $0.append(line) } }
    }
    logger[metadataKey: "request"] = "12345"
    logger.info("a \"message\"\nof two lines", metadata: ["bytes": .stringConvertible(7), "evil": "\u{1b}[31m\r\n{}"])
    let line = try #require(lines.withLock { $0.first })
    #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(line.last == UInt8(ascii: "\n"))
    #expect(line.dropLast().allSatisfy { $0 >= 0x20 })
    let json = JSON(try Document(line, syntax: .json).root)
    #expect(json["message"] == "a \"message\"\nof two lines")
    #expect(json["bytes"] == 7)
    #expect(json["request"] == "12345")
    #expect(json["level"] == "info")
  }

  /// CORS as browsers need it: the origin on every answer, errors included, for the origins that are configured.
  @Test func namesTheOriginOnEveryAnswer() async throws {
    let tested = try ServiceUnderTest(origins: ["https://ehr.example.org"])
    for (path, method) in [
      ("/cds-services", HTTPRequest.Method.get), ("/cds-services/patient-risk", .post), ("/none", .get),
    ] {
      for (origin, isAllowed) in [
        ("https://ehr.example.org", true), ("https://ehr.example.org.evil.org", false),
        ("http://ehr.example.org", false),
        ("https://ehr.example.org:8443", false), ("null", false), ("http://localhost:3000", true),
      ] {
        let response = try await tested.send(method, path, [.origin: origin])
        #expect(response.headers[.accessControlAllowOrigin] == (isAllowed ? origin : nil), "\(origin) \(path)")
        #expect(response.headers[.vary] == "Origin")
        #expect(response.headers[.accessControlAllowCredentials] == nil)
      }
    }
  }

  @Test(arguments: ["https://ehr.example.org/", "ehr.example.org", "*", "https://ehr.example.org/x", ""])
  func originsAreOrigins(origin: String) {
    #expect(throws: ServerConfiguration.Refusal.invalidOrigin) { try ServerConfiguration(origins: [origin]) }
  }

  @Test func othersReachItOnlyWithTLSAndClients() throws {
    let files = ServerCertificates.Files(chain: "c", key: "k")
    for host in ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"] {
      #expect(throws: ServerConfiguration.Refusal.notLoopback) { try ServerConfiguration(host: host) }
      #expect(throws: ServerConfiguration.Refusal.notLoopback) {
        try ServerConfiguration(host: host, certificates: files)
      }
      #expect(throws: ServerConfiguration.Refusal.notLoopback) {
        try ServerConfiguration(host: host, externalURL: "https://cds.example.org")
      }
      #expect(
        try ServerConfiguration(host: host, certificates: files, externalURL: "https://cds.example.org").host == host)
    }
    for host in ["example.org", "127.0.0.1.evil.org", "localhost.", ""] {
      #expect(throws: ServerConfiguration.Refusal.notLoopback) {
        try ServerConfiguration(host: host, certificates: files, externalURL: "https://cds.example.org")
      }
    }
    for url in ["http://cds.example.org", "cds.example.org", "https://u@cds.example.org", "https://cds.example.org?x"] {
      #expect(throws: ServerConfiguration.Refusal.invalidExternalURL) { try ServerConfiguration(externalURL: url) }
    }
  }
}
