// SPDX-License-Identifier: Apache-2.0
import FHIR
import HTTPTypes
package import Hummingbird
package import Logging
import ServiceLifecycle
import Synchronization

/// A small FHIR server over a folder of resources, for trying a client against: it checks tokens, pages, sorts, and fails on
/// demand. It listens on loopback and keeps nothing.
package final class Sandbox: Sendable {
  /// The path below which it serves.
  package static let basePath = "/fhir"

  let store: ResourceStore
  /// The token that a request must carry.
  package let token: String
  /// Resources a page at most.
  let pageSize: Int
  private let port: Int
  private let faults: Mutex<[String: SandboxFault]>
  private let requests = Mutex<[String]>([])

  /// - Parameters:
  ///   - token: what `Authorization: Bearer` must hold.
  ///   - faults: by resource type; `*` for every type.
  package init(
    _ store: ResourceStore, token: String, port: Int = 0, pageSize: Int = 100, faults: [String: SandboxFault] = [:]
  ) {
    self.store = store
    self.token = token
    self.port = port
    self.pageSize = pageSize
    self.faults = Mutex(faults)
  }

  /// Shows a failure for a type from now on; nil ends it.
  package func set(_ fault: SandboxFault?, for type: String) { faults.withLock { $0[type] = fault } }

  /// The paths and queries that were asked for, in order.
  package var asked: [String] { requests.withLock { $0 } }

  /// The HTTP application, ready to run or to be tested.
  ///
  /// - Parameter onReady: called with the port once requests are accepted.
  package func application(
    logger: Logger, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let router = Router()
    router.get("\(Self.basePath)/metadata") { _, _ in Response(.ok, Self.capabilities) }
    router.get("\(Self.basePath)/:type/:id") { request, context in
      try await self.answer(request, try context.parameters.require("type")) {
        try self.read(context.parameters.require("type"), context.parameters.require("id"))
      }
    }
    router.get("\(Self.basePath)/:type") { request, context in
      let type = try context.parameters.require("type")
      return try await self.answer(request, type) { self.search(type, request) }
    }
    return Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: "vigil-sandbox"),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? self.port) }, logger: logger)
  }

  /// Serves until it is told to stop.
  ///
  /// - Throws: when the address cannot be had.
  package func run(logger: Logger, onReady: @escaping @Sendable (Int) async -> Void) async throws {
    try await application(logger: logger, onReady: onReady).runService()
  }

  private func answer(
    _ request: Request, _ type: String, with body: () throws -> Response
  ) async throws -> Response {
    requests.withLock { $0.append(request.uri.string) }
    guard request.headers[.authorization] == "Bearer \(token)" else {
      var response = Response(.unauthorized, Self.outcome("login"))
      response.headers[.wwwAuthenticate] = "Bearer"
      return response
    }
    switch faults.withLock({ $0[type] ?? $0["*"] }) {
    case .status(let status): return Response(HTTPResponse.Status(code: status), Self.outcome("exception"))
    case .outcome: return Response(.ok, Self.outcome("exception"))
    case .delay(let seconds):
      // A server that is told to stop waits for no answer that is only slow.
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
    case .drip(let seconds):
      var response = Response(status: .ok, headers: [.contentType: "application/fhir+json"])
      response.body = ResponseBody { writer in
        while true {
          // White space may precede any JSON text.
          try await writer.write(ByteBuffer(string: " "))
          try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
        }
      }
      return response
    case .redirect(let url): return Response(status: .found, headers: [.location: url])
    case .garbage:
      return Response(
        status: .ok, headers: [.contentType: "text/html"], body: .init(byteBuffer: ByteBuffer(string: "<html>")))
    case .endless, .nextAt, nil: break
    }
    return try body()
  }

  private func read(_ type: String, _ id: String) -> Response {
    guard let node = store.read(type, id) else { return Response(.notFound, Self.outcome("not-found")) }
    return Response(.ok, JSON(node))
  }

  private func search(_ type: String, _ request: Request) -> Response {
    let isStrict = HTTPField.Name("Prefer").map { request.headers[$0]?.contains("handling=strict") == true } ?? false
    let search: Search
    do throws(Search.Fault) {
      search = try Search(type, query: request.uri.query ?? "", isStrict: isStrict, pageSize: pageSize)
    } catch {
      return Response(.badRequest, Self.outcome(error == .malformed ? "invalid" : "not-supported"))
    }
    let (matches, included, total) = search.run(in: store)
    let base = "http://\(request.head.authority ?? "127.0.0.1:\(port)")\(Self.basePath)"
    func link(_ relation: String, page: Int) -> JSON {
      let query = (search.query + ["_page=\(page)"]).joined(separator: "&")
      return ["relation": .string(relation), "url": .string("\(base)/\(type)?\(query)")]
    }
    var links = [link("self", page: search.page)]
    switch faults.withLock({ $0[type] ?? $0["*"] }) {
    case .nextAt(let url): links.append(["relation": "next", "url": .string(url)])
    case .endless: links.append(link("next", page: search.page + 1))
    default: if search.page * search.count < total { links.append(link("next", page: search.page + 1)) }
    }
    let entries = [("match", matches), ("include", included)].flatMap { mode, nodes in
      nodes.map { node -> JSON in
        [
          "fullUrl": .string("\(base)/\(node.resourceType ?? "")/\(node["id"]?.string ?? "")"), "resource": JSON(node),
          "search": ["mode": .string(mode)],
        ]
      }
    }
    return Response(
      .ok,
      [
        "resourceType": "Bundle", "type": "searchset", "total": .number(total), "link": .array(links),
        "entry": entries.isEmpty ? nil : .array(entries),
      ])
  }

  private static func outcome(_ code: String) -> JSON {
    ["resourceType": "OperationOutcome", "issue": [["severity": "error", "code": .string(code)]]]
  }

  private static let capabilities: JSON = [
    "resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1",
    "format": ["json"], "rest": [["mode": "server"]],
  ]
}

extension Response {
  /// A FHIR resource.
  fileprivate init(_ status: HTTPResponse.Status, _ json: JSON) {
    self.init(
      status: status, headers: [.contentType: "application/fhir+json"],
      body: .init(byteBuffer: ByteBuffer(bytes: json.encoded())))
  }
}
