// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conformance
import FHIR
import Foundation
import FoundationNetworking

/// `vigil conformance URL`: whether a CDS service keeps to CDS Hooks.
struct ConformanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance", abstract: "Examine any CDS service against the numbered requirements of CDS Hooks.",
    discussion: """
      Example: vigil conformance http://127.0.0.1:8080
               vigil conformance https://cds.example.org/r4 --request call.json --json
               vigil conformance https://cds.example.org --jwt-key key.pem --jwt-kid k1 --jwt-issuer https://ehr.example.org

      It asks for what a client would ask and for what no client should; a call made up by itself holds no real data. A call of
      yours (--request) in place of its own one of that hook brings cards to look at. With a key it calls with tokens (ES384),
      also with ones that no service may take. Examine no service that is in use: it takes part in its records.

      Exit codes: 0 no MUST is broken, 1 one is, 64 wrong usage, 65 a request or the key cannot be read, 69 no answer.
      """)

  @Argument(help: "The base URL: what stands before /cds-services.") var url: String
  @Option(help: "File of a CDS Hooks request to call with; may be repeated, one for each hook.") var request: [String] =
    []
  @Option(help: "File of the client's private key, P-384 in PEM.") var jwtKey: String?
  @Option(help: "The key's id, as in the client's key set.") var jwtKid = "vigil-conformance"
  @Option(help: "The client's `iss`.") var jwtIssuer: String?
  @Option(help: "The client's `jku`, where its tokens name one.") var jwtJku: String?
  @Option(help: "The base URL that the service takes for its own, where it is not the one it is called by.")
  var audience: String?
  @Flag(help: "As JSON.") var json = false

  func validate() throws {
    guard let base = URL(string: url), ["http", "https"].contains(base.scheme), base.host != nil else {
      throw ValidationError("the URL must be http or https")
    }
    if (jwtKey == nil) != (jwtIssuer == nil) { throw ValidationError("--jwt-key and --jwt-issuer go together") }
  }

  func run() async throws {
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    let host = URL(string: base)?.host ?? ""
    let isLocal = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
    let isEncrypted = base.hasPrefix("https://")
    let tokens: TokenMaker?
    let samples: [JSON]
    do {
      samples = try request.map { JSON(try Document(try Self.bytes($0), syntax: .json).root) }
      tokens = try jwtKey.map { file in
        try TokenMaker(
          pem: String(decoding: try Self.bytes(file), as: UTF8.self), keyID: jwtKid, issuer: jwtIssuer ?? "",
          keySetURL: jwtJku, base: audience ?? base
        ) { Int(Date().timeIntervalSince1970) }
      }
    } catch {
      Failure.warn("a request or the key cannot be read: \(error)")
      throw ExitCode(65)
    }
    var examination = Examination(
      isEncrypted: isEncrypted || !isLocal ? isEncrypted : nil, samples: samples, tokens: tokens
    ) {
      try await Self.send($0, to: base)
    }
    do {
      try await examination.run()
    } catch {
      throw Failure.address("\(base) gives no answer").exit()
    }
    let report = examination.report
    print(json ? report.json.text(pretty: true) : report.table, terminator: json ? "" : "\n")
    if !report.isConformant { throw ExitCode(1) }
  }

  private static func bytes(_ file: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: file)))
  }

  private static func send(_ request: Exchange.Request, to base: String) async throws -> Exchange.Response {
    guard let url = URL(string: base + request.path) else { throw URLError(.badURL) }
    var call = URLRequest(url: url, timeoutInterval: 30)
    call.httpMethod = request.method
    for (name, value) in request.headers where !value.isEmpty { call.setValue(value, forHTTPHeaderField: name) }
    call.httpBody = request.body.map { Data($0) }
    let begun = ContinuousClock.now
    let (body, response) = try await URLSession.shared.data(for: call)
    let (seconds, attoseconds) = begun.duration(to: .now).components
    guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
    var headers: [String: String] = [:]
    for (name, value) in response.allHeaderFields {
      if let name = name as? String { headers[name.lowercased()] = value as? String }
    }
    return Exchange.Response(
      status: response.statusCode, headers: headers, body: Array(body),
      seconds: Double(seconds) + Double(attoseconds) / 1e18)
  }
}
