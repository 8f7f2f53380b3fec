// SPDX-License-Identifier: Apache-2.0
import CDSHooks
package import FHIR

/// Examines a CDS service from outside: asks it what a client would ask and what no client should, and notes of each
/// requirement whether it is kept.
package struct Examination: Sendable {
  /// What was seen.
  package internal(set) var report = ConformanceReport()
  let send: Exchange.Send
  /// Makes a token for a URL path; nil where the service is called without.
  let tokens: TokenMaker?
  /// Calls by hook that are sent beside those made here, with charts that give cards.
  let samples: [String: JSON]
  /// Text in every request that no error may repeat.
  static let canary = "vigil-canary-3b1c"

  /// An examination.
  ///
  /// - Parameters:
  ///   - isEncrypted: whether the service is reached over TLS; nil where that says nothing, on this machine.
  ///   - samples: calls of which each replaces the bare one of its hook.
  ///   - tokens: makes the client's tokens.
  package init(
    isEncrypted: Bool?, samples: [JSON] = [], tokens: TokenMaker? = nil, send: @escaping Exchange.Send
  ) {
    self.send = send
    self.tokens = tokens
    var byHook: [String: JSON] = [:]
    for sample in samples {
      if case .string(let hook)? = sample["hook"] { byHook[hook] = sample }
    }
    self.samples = byHook
    if let isEncrypted { report.expect(.encryption, isEncrypted, "http") }
  }

  /// A service as it is listed.
  struct Listed {
    var id: String
    var hook: String
    var title: String { "\(id), \(hook)" }
    var path: String { "/cds-services/\(id)" }
  }

  /// Asks everything.
  ///
  /// - Throws: what the way to the service throws when it gives no answer at all.
  package mutating func run() async throws {
    let services = try await discovery()
    for service in services { try await call(service) }
    if let first = services.first {
      try await errors(first)
      try await feedback(first)
      if tokens != nil { try await tokenRules(first) }
    }
    try await browsers(services.first)
  }

  // MARK: Exchange

  /// Sends a request with a fresh token, where there are tokens.
  mutating func exchange(
    _ method: String, _ path: String, _ body: [UInt8]? = nil, contentType: String? = "application/json",
    headers: [String: String] = [:]
  ) async throws -> Exchange.Response {
    var headers = headers
    if body != nil { headers["Content-Type"] = contentType }
    headers["Accept"] = "application/json"
    if let tokens, headers["Authorization"] == nil { headers["Authorization"] = try tokens.authorization(for: path) }
    let response = try await send(.init(method: method, path: path, headers: headers, body: body))
    if (400..<600).contains(response.status) { check(errorOf: response, "\(method) \(path)") }
    return response
  }

  func json(_ response: Exchange.Response) -> JSON? {
    (try? Document(response.body, syntax: .json)).map { JSON($0.root) }
  }

  /// What holds for every error.
  private mutating func check(errorOf response: Exchange.Response, _ place: String) {
    let text = String(decoding: response.body, as: UTF8.self)
    report.expect(.silence, response.status != 500, "500 to \(place)")
    let traces = ["Traceback (most recent", "\tat ", "Exception in thread", ".java:", "node_modules", ".swift:"]
    report.expect(
      .discretion, !traces.contains(where: text.contains) && !text.contains(Self.canary), "answer to \(place)")
    // A 401 says nothing, and the answer to OPTIONS or HEAD has no body.
    guard response.status != 401, !place.hasPrefix("OPTIONS") else { return }
    let isOutcome = json(response)?["resourceType"] == "OperationOutcome"
    report.expect(.outcome, isOutcome, "\(response.status) to \(place)")
  }

  /// Notes the rules that a message breaks, and that it was looked at by the others.
  mutating func note(_ violations: [Violation], _ looked: [Requirement], _ place: String) {
    for requirement in looked {
      let broken = violations.filter { Requirement(of: $0.rule) == requirement }
      report.note(requirement, broken.first.map { "\(place): \($0.rule.rawValue) at \($0.path)" })
    }
  }
}

extension Requirement {
  /// The requirement that a rule of the specification is part of.
  init(of rule: Violation.Rule) {
    self =
      switch rule {
      case .noEmptyValues: .emptyValues
      case .memberType, .requiredMember: .cardMembers
      case .cardsArray: .answer
      case .summaryLength: .summary
      case .indicator: .indicator
      case .uuid, .uniqueUUID: .identifiers
      case .absoluteURL: .addresses
      case .selectionBehaviorPresent, .selectionBehavior, .oneRecommended, .actionSelectionBehavior: .selection
      case .actionType, .actionResource, .actionTarget: .actions
      case .linkType, .appContext: .links
      case .overrideReasonDisplay: .overrideReasons
      case .semanticVersion: .specificationVersion
      case .prefetchToken: .prefetchToken
      case .prefetchQuery: .prefetchSubset
      case .prefetchOrder: .prefetchOrder
      case .uniqueService: .uniqueService
      case .hookVersion: .hookVersion
      }
  }
}
