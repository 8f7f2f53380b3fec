// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import FHIR
import Hummingbird

extension VigilService {
  /// `GET /fhir/AuditEvent` (IHE ITI-81): a page of the trail for those who watch over it. Each reading is a record.
  func readAuditEvents(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let query = AuditEventQuery(request.uri.query) else { throw CDSHooksError(.invalidSearch) }
    let search: AuditEventSearch
    do {
      search = try AuditEventSearch(query.parameters.map { ($0.name, $0.value) }, trail.pseudonyms)
    } catch {
      // Its place alone: what was searched for may name a patient.
      throw CDSHooksError(.invalidSearch, detail: "parameter \(error.place + 1)")
    }
    let page = try await compute(context, bytes: 0) { () throws(CDSHooksError) in
      do throws(AuditError) {
        return try AuditReader(directory: trail.directory).auditEvents(
          search, before: query.before, limit: query.count, log: trail.logKey.name)
      } catch {
        throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
      }
    }
    try await recordReading(of: page, by: search, context)
    return Response(
      mediaType: "application/fhir+json", bytes: bundle(of: page, query, base: base(of: request)).encoded())
  }

  /// Says in the trail who read, before anything is shown.
  private func recordReading(
    of page: AuditReader.AuditEventPage, by search: AuditEventSearch, _ context: ServiceContext
  ) async throws(CDSHooksError) {
    var entry = AuditEntry(time: now(), kind: .read)
    entry.client = context.client
    entry.origin = context.client ?? context.origin
    entry.note = "AuditEvent, \(page.events.count)"
    entry.patient = search.patient
    do {
      _ = try await trail.append(entry)
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
  }

  private func bundle(of page: AuditReader.AuditEventPage, _ query: AuditEventQuery, base: String) -> JSON {
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
              "fullUrl": .string("\(base)/AuditEvent/\(id)"), "resource": event, "search": ["mode": "match"],
            ]
          }),
    ]
  }

  /// Our URL as the caller wrote it.
  private func base(of request: Request) -> String {
    let scheme = gate.certificates == nil ? "http" : "https"
    return "\(scheme)://\(request.head.authority ?? "\(configuration.host):\(configuration.port)")/fhir"
  }
}
