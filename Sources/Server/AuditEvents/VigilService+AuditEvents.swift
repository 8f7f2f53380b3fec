// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import FHIR
import Hummingbird

extension VigilService {
  /// `GET /fhir/AuditEvent` (IHE ITI-81): a page of the trail for those who watch over it. Each patient whom it shows is a record.
  func readAuditEvents(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let query = AuditEventQuery(request.uri.query) else { throw CDSHooksError(.invalidSearch) }
    let search: AuditEventSearch
    do {
      search = try AuditEventSearch(query.parameters.map { ($0.name, $0.value) }, trail.pseudonyms)
    } catch {
      // Its place alone: what was searched for may name a patient.
      throw CDSHooksError(.invalidSearch, detail: "parameter \(error.place + 1)")
    }
    let page = try await read { [log = trail.logKey.name] reader in
      try reader.auditEvents(search, before: query.before, limit: query.count, log: log)
    }
    try await recordReading("AuditEvent, \(page.events.count)", of: page.patients, context)
    let release = AuditEventRelease(accept: request.headers[.accept] ?? "")
    return Response(
      mediaType: release.mediaType, bytes: bundle(of: page, query, base: base, in: release).encoded())
  }

  /// `GET /fhir/AuditEvent/{id}`: one record for those who watch over the trail, a reading like a page of it.
  func readAuditEvent(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let query = AuditEventQuery(request.uri.query), query.parameters.isEmpty else {
      throw CDSHooksError(.invalidSearch)
    }
    let log = trail.logKey.name
    let id = String(request.uri.path.dropFirst(Self.auditEvents.count + 1))
    guard let record = try await read({ try $0.record(ofAuditEvent: id, log: log) }) else {
      throw CDSHooksError(.unknownService, detail: AuditError.Code.notFound.rawValue)
    }
    try await recordReading("AuditEvent/\(record.sequence)", of: ShownPatients([record]), context)
    let release = AuditEventRelease(accept: request.headers[.accept] ?? "")
    return Response(mediaType: release.mediaType, bytes: release.event(record.auditEvent(log: log)).encoded())
  }

  /// Reads the trail where that holds up no assessment.
  private func read<Value: Sendable>(_ work: @escaping @Sendable (AuditReader) throws -> Value) async throws -> Value {
    do {
      return try await reading.run { [directory = trail.directory] in
        try work(AuditReader(directory: directory, patience: directory.patience))
      }
    } catch let error as CDSHooksError {
      throw error
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: (error as? AuditError)?.code.rawValue)
    }
  }

  /// Says in the trail who read of whom, before anything is shown.
  private func recordReading(
    _ note: String, of patients: ShownPatients, _ context: ServiceContext
  ) async throws(CDSHooksError) {
    var entry = AuditEntry(time: now(), kind: .read)
    entry.client = context.client
    entry.token = context.token
    entry.origin = context.origin
    entry.status = 200
    entry.note = note
    do {
      _ = try await trail.append(entry, showing: patients)
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
  }

  private func bundle(
    of page: AuditReader.AuditEventPage, _ query: AuditEventQuery, base: String, in release: AuditEventRelease
  ) -> JSON {
    func link(_ relation: String, _ before: Int64?) -> JSON {
      let parts = query.kept.map(String.init) + (before.map { ["_before=\($0)"] } ?? [])
      let text = parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
      return ["relation": .string(relation), "url": .string("\(base)/AuditEvent\(text)")]
    }
    return [
      "resourceType": "Bundle", "type": "searchset",
      "link": .array([link("self", query.before)] + (page.next.map { [link("next", $0)] } ?? [])),
      "entry": page.events.isEmpty
        ? nil
        : .array(
          page.events.map { event in
            var id = ""
            if case .string(let text)? = event["id"] { id = text }
            return [
              "fullUrl": .string("\(base)/AuditEvent/\(id)"), "resource": release.event(event),
              "search": ["mode": "match"],
            ]
          }),
    ]
  }

  /// Our URL as it is configured. What the caller wrote as the host is not believed: a link that is stored or followed by another
  /// would lead wherever they wanted.
  var base: String {
    if let url = configuration.externalURL { return (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/fhir" }
    let scheme = gate.certificates == nil ? "http" : "https"
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    return "\(scheme)://\(host):\(configuration.port)/fhir"
  }
}
