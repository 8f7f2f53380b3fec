// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import Decision
package import FHIR

/// Fetches from a FHIR server what a call lacks (the decision table of prefetch), side by side where nothing depends on
/// another.
package struct PrefetchFetching: Sendable {
  /// Gives the body at a path and query below the server's base.
  package typealias Get = @Sendable (_ relative: String) async throws(FetchFailure) -> [UInt8]

  /// The call.
  let call: HookCall
  /// When it is answered; its day is `today()`.
  let instant: Instant
  /// What is left of the limits.
  let budget: FetchBudget

  /// The fetching for a call.
  package init(call: HookCall, instant: Instant, budget: FetchBudget) {
    self.call = call
    self.instant = instant
    self.budget = budget
  }

  /// Everything that is fetched under one key: bodies as they came, and what they say.
  private struct Pages: Sendable {
    var bodies: [[UInt8]] = []
    var roots: [Node] = []
  }

  /// What was fetched, as `{"key": [page, ...]}`; nil when the call lacks nothing that can be asked for.
  ///
  /// What is not required and cannot be had stands there as an OperationOutcome, so that the record and the card say so.
  ///
  /// - Parameters:
  ///   - server: the server's base, to follow its links.
  ///   - get: the way there.
  /// - Throws: `CDSHooksError.missingData` (412) naming the first key that is required and cannot be had, and why;
  ///   `.overloaded` when there is no room for what is fetched.
  package func run(server: ServerURL, get: @escaping Get) async throws(CDSHooksError) -> [UInt8]? {
    var waiting = call.needs(at: instant)
    var scope = PrefetchScope(call.request, at: instant)
    var found: [String: Pages] = [:]
    while !waiting.isEmpty {
      // Templates name only those before them, so the first that waits is always ready.
      let keys = Set(waiting.map(\.template.key))
      let ready = waiting.filter { item in
        item.template.parsed.map { keys.isDisjoint(with: $0.variables) } ?? true
      }
      waiting.removeAll { item in ready.contains { $0.template.key == item.template.key } }
      let results = await fetch(ready, in: scope, server: server, get: get)
      for (item, result) in zip(ready, results) {
        let key = item.template.key
        switch result {
        case .success(let pages):
          guard let pages else { continue }
          scope.add(pages.roots, for: key)
          found[key] = pages
        case .failure(let failure):
          if item.need == .query(.emptyRead) { continue }
          // Nothing is wrong with the chart: the same call is answered in full a moment later.
          if failure == .noRoom { throw CDSHooksError(.overloaded) }
          guard !item.template.isRequired else { throw Self.missing(key, failure) }
          found[key] = Pages(bodies: [Self.outcome(failure).encoded()])
        }
      }
    }
    return found.isEmpty ? nil : encode(found)
  }

  /// The error of a key that is required and cannot be had.
  static func missing(_ key: String, _ failure: FetchFailure) -> CDSHooksError {
    CDSHooksError(.missingData, path: "prefetch.\(key)", detail: "\(key): \(failure.text)")
  }

  // MARK: One round

  private typealias Item = (template: Service.Template, need: PrefetchNeed)

  private func fetch(
    _ items: [Item], in scope: PrefetchScope, server: ServerURL, get: @escaping Get
  ) async -> [Result<Pages?, FetchFailure>] {
    let fetches = items.map { item in
      Task { await result(for: item, in: scope, server: server, get: get) }
    }
    return await withTaskCancellationHandler {
      var results: [Result<Pages?, FetchFailure>] = []
      for fetch in fetches { results.append(await fetch.value) }
      return results
    } onCancel: {
      for fetch in fetches { fetch.cancel() }
    }
  }

  private func result(
    for item: Item, in scope: PrefetchScope, server: ServerURL, get: Get
  ) async -> Result<Pages?, FetchFailure> {
    do throws(FetchFailure) {
      return .success(try await pages(for: item, in: scope, server: server, get: get))
    } catch {
      return .failure(error)
    }
  }

  /// The pages for a template; nil when there is nothing to ask for.
  private func pages(
    for item: Item, in scope: PrefetchScope, server: ServerURL, get: Get
  ) async throws(FetchFailure) -> Pages? {
    var next: String?
    if case .pages(let link) = item.need {
      guard let relative = server.relative(link) else { throw .elsewhere }
      next = relative
    } else {
      next = try await query(of: item.template, in: scope, get: get)
      if next == nil { return nil }
    }
    var pages = Pages()
    while let path = next {
      let (body, root) = try await resource(path, get: get)
      let value = PrefetchValue(key: item.template.key, node: root) { _ in }
      pages.bodies.append(body)
      pages.roots.append(root)
      switch value.state {
      case .paged(let link):
        guard let relative = server.relative(link) else { throw .elsewhere }
        next = relative
      case .resource, .bundle, .noData: next = nil
      case .failed: throw .outcome
      case .nonconformant: throw .notFHIR
      }
    }
    return pages
  }

  /// The relative URL of a template, after fetching what its paths lead through; nil when it asks for nothing.
  private func query(
    of template: Service.Template, in scope: PrefetchScope, get: Get
  ) async throws(FetchFailure) -> String? {
    guard let parsed = template.parsed else { throw .noValue }
    if let type = parsed.resourceType { try checkScope(type, isSearch: parsed.isSearch) }
    var scope = scope
    // A path of the language has few steps; each round leads one reference further.
    for _ in 0..<4 {
      switch parsed.query(in: scope, skippingHeld: true) {
      case .query(let query): return query
      case .nothing:
        guard template.isRequired else { return nil }
        throw .noValue
      case .needs(let references):
        for reference in references {
          try checkScope(String(reference.prefix { $0 != "/" }), isSearch: false)
          scope.add(try await resource(reference, get: get).root)
        }
      }
    }
    throw .noValue
  }

  private func checkScope(_ type: String, isSearch: Bool) throws(FetchFailure) {
    guard let authorization = call.request.fhirAuthorization else { throw .noAccess }
    guard authorization.permits(isSearch ? .search : .read, on: type) else { throw .outOfScope }
  }

  private func resource(_ path: String, get: Get) async throws(FetchFailure) -> (body: [UInt8], root: Node) {
    try budget.takeRequest()
    let body = try await get(path)
    do {
      return (body, try Document(body, syntax: .json).root)
    } catch {
      throw .notFHIR
    }
  }

  // MARK: Record

  /// The bodies by key, in the order of the service's templates, each byte as it came.
  private func encode(_ found: [String: Pages]) -> [UInt8] {
    var bytes: [UInt8] = []
    for template in call.service.prefetch {
      guard let pages = found[template.key] else { continue }
      bytes += bytes.isEmpty ? [UInt8(ascii: "{")] : [UInt8(ascii: ",")]
      bytes += JSON.string(template.key).encoded() + Array(":[".utf8)
      bytes += Array(pages.bodies.joined(separator: [UInt8(ascii: ",")]))
      bytes.append(UInt8(ascii: "]"))
    }
    return bytes + [UInt8(ascii: "}")]
  }

  private static func outcome(_ failure: FetchFailure) -> JSON {
    [
      "resourceType": "OperationOutcome",
      "issue": [["severity": "error", "code": "incomplete", "diagnostics": .string(failure.text)]],
    ]
  }
}
