// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR

/// A call of one of our services, read and routed, not yet answered.
package struct HookCall: Sendable {
  /// The request.
  package let request: HookRequest
  /// Id of the client that calls; empty where none are configured.
  package let client: String
  /// What it calls.
  let match: ServiceCatalog.Match
  /// The body as it may be recorded: without `fhirAuthorization`, every other byte as it came.
  package let recorded: [UInt8]
  /// The chart as far as it was sent.
  private let sent: Chart

  /// Reads a body.
  ///
  /// - Parameters:
  ///   - id: the id of the service, of the path.
  ///   - services: the services there are.
  ///   - client: id of the client that calls; empty where none are configured.
  ///   - reading: how this client is read.
  /// - Throws: `CDSHooksError` with status and place: the body breaks JSON or CDS Hooks, the hook is not this service's, or
  ///   what was sent, a draft or the token is another patient's.
  package init(
    _ bytes: [UInt8], service id: String, in services: ServiceCatalog, from client: String = "",
    reading: HookRequest.Reading = .tolerant
  ) throws(CDSHooksError) {
    let parsed: Document
    do {
      parsed = try Document(bytes, syntax: .json)
    } catch {
      throw CDSHooksError(error)
    }
    self.client = client
    request = try HookRequest(parsed, reading: reading)
    guard let match = services.match(id: id, hook: request.hook) else {
      throw CDSHooksError(.unsupportedHook, path: "hook")
    }
    self.match = match
    recorded = HookRequest.withoutAuthorization(bytes, parsed.root)
    sent = try Self.chart(of: request)
    try checkPatient()
  }

  /// The service it calls: its id together with the hook that fired.
  package var service: Service { match.service }

  /// A template that has to be asked for, with why.
  package typealias Need = (template: Service.Template, need: PrefetchNeed)

  /// Whether the client says where to fetch, and with what.
  package var handsOverAccess: Bool { request.fhirServer != nil && request.fhirAuthorization != nil }

  /// The templates that have to be asked for, with why, in the service's order.
  ///
  /// One that is not required is left out when it would ask for nothing.
  ///
  /// - Parameter instant: when the call is answered; its day is `today()`.
  package func needs(at instant: Instant) -> [Need] {
    let keys = service.prefetch.map(\.key)
    let needs = service.prefetch.map { (template: $0, need: request.need($0, keys: keys)) }
      .filter { $0.need != .nothing }
    let missing = Set(needs.map(\.template.key))
    let scope = PrefetchScope(request, at: instant)
    return needs.filter { template, _ in
      guard !template.isRequired, let parsed = template.parsed else { return true }
      // What it refers to may still come.
      return !missing.isDisjoint(with: parsed.variables) || parsed.query(in: scope, skippingHeld: true) != .nothing
    }
  }

  /// The patient's chart out of what was sent and what was fetched.
  ///
  /// - Parameter fetched: what was fetched, as `HookRequest.completed(with:)` takes it; nil when nothing was.
  /// - Throws: `CDSHooksError.missingData` (412) naming the key of a required template that is not answered, or answered
  ///   with a first page only; `.wrongPatient` (422).
  package func chart(completedWith fetched: [UInt8]?) throws(CDSHooksError) -> Chart {
    var (request, chart) = (self.request, sent)
    if let fetched {
      do {
        request = request.completed(with: try Document(fetched, syntax: .json, limits: .fetched).root)
      } catch {
        throw CDSHooksError(.internalError, detail: error.code.rawValue)
      }
      chart = try Self.chart(of: request)
    }
    let keys = service.prefetch.map(\.key)
    for template in service.prefetch where template.isRequired {
      let path = "prefetch.\(template.key)"
      switch request.need(template, keys: keys) {
      case .nothing, .query(.emptyRead): continue
      // A first page is not the chart: nothing is said rather than half of it.
      case .pages: throw CDSHooksError(.missingData, path: path, detail: "only a page of it was sent")
      case .query: throw CDSHooksError(.missingData, path: path, detail: template.key)
      }
    }
    return chart
  }

  /// The call with the patient's whole chart; what was fetched is read once.
  ///
  /// - Throws: as `chart(completedWith:)`.
  package func completed(with fetched: [UInt8]?) throws(CDSHooksError) -> CompletedCall {
    CompletedCall(call: self, fetched: fetched, chart: try chart(completedWith: fetched))
  }

  /// The chart in a request's values, under whatever keys they came.
  ///
  /// A Patient resource of another id, or anything whose subject is another patient, is refused, never quietly left out: the
  /// client mixed up two charts.
  private static func chart(of request: HookRequest) throws(CDSHooksError) -> Chart {
    // Bundles go in whole: their entries' fullUrls are what references inside them name.
    let chart = Chart(resources: request.prefetch.flatMap(\.contents), patientID: request.context.patientID)
    try check(chart)
    return chart
  }

  private static func check(_ chart: Chart) throws(CDSHooksError) {
    if let issue = chart.issues.first(where: { $0.code == "other-patient" || $0.code == "ambiguous-patient" }) {
      throw CDSHooksError(.wrongPatient, path: issue.path, offset: issue.offset)
    }
  }

  /// The drafts of the context and the token are about the patient of the context.
  private func checkPatient() throws(CDSHooksError) {
    let patient = request.context.patientID
    if let limited = request.fhirAuthorization?.patient, limited != patient, limited != "Patient/\(patient)" {
      throw CDSHooksError(.wrongPatient, path: "fhirAuthorization.patient")
    }
    try Self.check(Chart(resources: request.context.resources, patientID: patient))
  }
}

/// A call with all that is known of its patient.
package struct CompletedCall: Sendable {
  /// The call.
  package let call: HookCall
  /// What was fetched for it; nil when nothing was.
  let fetched: [UInt8]?
  /// Out of what was sent and what was fetched.
  let chart: Chart

  /// The unit on which the patient lies, as `Location/id`; nil where the chart does not say.
  package func unit(at instant: Instant) -> String? {
    chart.unit(at: instant, encounterID: call.request.context.encounterID)
  }
}

extension Limits {
  /// The bounds of all that is fetched for one call together; the fetching itself keeps closer ones.
  package static let fetched: Limits = {
    var limits = Limits()
    limits.bytes = 64 << 20
    limits.nodes = 6_000_000
    return limits
  }()
}
