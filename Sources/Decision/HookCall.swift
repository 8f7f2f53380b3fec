// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR

/// A call of one of our services, read and routed, not yet answered.
package struct HookCall: Sendable {
  /// The request.
  package let request: HookRequest
  /// What it calls.
  let match: ServiceCatalog.Match
  /// The body as it may be recorded: without `fhirAuthorization`, every other byte as it came.
  package let recorded: [UInt8]

  /// Reads a body.
  ///
  /// - Parameters:
  ///   - id: the id of the service, of the path.
  ///   - services: the services there are.
  ///   - reading: how this client is read.
  /// - Throws: `CDSHooksError` with status and place: the body breaks JSON or CDS Hooks, the hook is not this service's, or
  ///   drafts or the token are another patient's.
  package init(
    _ bytes: [UInt8], service id: String, in services: ServiceCatalog, reading: HookRequest.Reading = .tolerant
  ) throws(CDSHooksError) {
    let parsed: Document
    do {
      parsed = try Document(bytes, syntax: .json)
    } catch {
      throw CDSHooksError(error)
    }
    request = try HookRequest(parsed, reading: reading)
    guard let match = services.match(id: id, hook: request.hook) else {
      throw CDSHooksError(.unsupportedHook, path: "hook")
    }
    self.match = match
    let hasToken = parsed.root["fhirAuthorization"] != nil
    guard let recorded = hasToken ? HookRequest.withoutAuthorization(bytes) : bytes else {
      throw CDSHooksError(.internalError)
    }
    self.recorded = recorded
    try checkPatient()
  }

  /// The service it calls: its id together with the hook that fired.
  package var service: Service { match.service }

  /// The templates that have to be asked for, with why, in the service's order.
  ///
  /// One that is not required is left out when it would ask for nothing.
  ///
  /// - Parameter instant: when the call is answered; its day is `today()`.
  package func needs(at instant: Instant) -> [(template: Service.Template, need: PrefetchNeed)] {
    let keys = service.prefetch.map(\.key)
    let needs = service.prefetch.map { (template: $0, need: request.need($0, keys: keys)) }
      .filter { $0.need != .nothing }
    let missing = Set(needs.map(\.template.key))
    let scope = PrefetchScope(request, at: instant)
    return needs.filter { template, _ in
      guard !template.isRequired, let parsed = PrefetchTemplate(template.query) else { return true }
      // What it refers to may still come.
      return !missing.isDisjoint(with: parsed.variables) || parsed.query(in: scope, skippingHeld: true) != .nothing
    }
  }

  /// The patient's chart out of what was sent and what was fetched.
  ///
  /// Values under any key are used. A Patient resource of another id, or anything whose subject is another patient, is
  /// refused, never quietly left out: the client mixed up two charts.
  ///
  /// - Parameter fetched: what was fetched, as `HookRequest.completed(with:)` takes it; nil when nothing was.
  /// - Throws: `CDSHooksError.missingData` (412) naming the key of a required template that is not answered, or answered
  ///   with a first page only; `.wrongPatient` (422).
  package func chart(completedWith fetched: [UInt8]?) throws(CDSHooksError) -> Chart {
    var request = request
    if let fetched {
      do {
        request = request.completed(with: try Document(fetched, syntax: .json, limits: .fetched).root)
      } catch {
        throw CDSHooksError(.internalError, detail: error.code.rawValue)
      }
    }
    let keys = service.prefetch.map(\.key)
    // A first page is not the chart, under whatever key it came: nothing is said rather than half of it.
    for (index, value) in request.prefetch.enumerated() {
      guard case .paged = value.state else { continue }
      // A key of the client's own may say anything; its position names it then.
      let path = keys.contains(value.key) ? "prefetch.\(value.key)" : "prefetch[\(index)]"
      throw CDSHooksError(.missingData, path: path, detail: "only a page of it was sent")
    }
    for template in service.prefetch where template.isRequired {
      switch request.need(template, keys: keys) {
      case .nothing, .pages, .query(.emptyRead): continue
      case .query: throw CDSHooksError(.missingData, path: "prefetch.\(template.key)", detail: template.key)
      }
    }
    // Bundles go in whole: their entries' fullUrls are what references inside them name.
    let chart = Chart(resources: request.prefetch.flatMap(\.contents), patientID: request.context.patientID)
    if let issue = chart.issues.first(where: { $0.code == "other-patient" || $0.code == "ambiguous-patient" }) {
      throw CDSHooksError(.wrongPatient, path: issue.path, offset: issue.offset)
    }
    return chart
  }

  /// The context, the drafts in it and the token are about one patient.
  private func checkPatient() throws(CDSHooksError) {
    let patient = request.context.patientID
    if let limited = request.fhirAuthorization?.patient, limited != patient, limited != "Patient/\(patient)" {
      throw CDSHooksError(.wrongPatient, path: "fhirAuthorization.patient")
    }
    let drafts = Chart(resources: request.context.resources, patientID: patient)
    if let issue = drafts.issues.first(where: { $0.code == "other-patient" }) {
      throw CDSHooksError(.wrongPatient, path: issue.path, offset: issue.offset)
    }
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
