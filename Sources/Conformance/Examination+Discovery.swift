// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR

extension Examination {
  /// Asks what there is, and gives the services that can be called.
  mutating func discovery() async throws -> [Listed] {
    let response = try await exchange("GET", "/cds-services")
    report.expect(.discoveryAddress, response.status == 200, "status \(response.status)")
    guard response.status == 200 else { return [] }
    mediaType(of: response, "discovery")
    guard let document = json(response), case .array(let services)? = document["services"] else {
      report.note(.discoveryServices, "no array of services")
      return []
    }
    report.note(.discoveryServices)
    let violations = Violation.inDiscovery(document)
    note(
      violations,
      [
        .emptyValues, .specificationVersion, .hookVersion, .uniqueService, .prefetchOrder, .prefetchToken,
        .prefetchSubset,
      ], "discovery")
    // What a card's members are for answers, a service's are here.
    let members = violations.first { $0.rule == .requiredMember || $0.rule == .memberType }
    report.note(.serviceMembers, members.map { "\($0.rule.rawValue) at \($0.path)" })
    var listed: [Listed] = []
    for (position, service) in services.enumerated() {
      report.expect(.serviceTitle, service["title"] != nil, "services[\(position)]")
      for case .string(let query) in Self.templates(of: service) {
        // A template that cannot be read is one whose tokens cannot.
        let isRelative = !query.hasPrefix("/") && !query.contains("://")
        report.expect(.prefetchQuery, isRelative, "services[\(position)].prefetch")
      }
      guard case .string(let id)? = service["id"], case .string(let hook)? = service["hook"], Self.isSegment(id) else {
        continue
      }
      listed.append(Listed(id: id, hook: hook))
    }
    return listed
  }

  /// Whether it can be the last segment of a URL as it stands (RFC 3986 section 2.3).
  private static func isSegment(_ id: String) -> Bool {
    !id.isEmpty
      && id.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (97...122).contains(byte | 0x20) || "-._~".utf8.contains(byte)
      }
  }

  private static func templates(of service: JSON) -> [JSON] {
    guard case .object(let members)? = service["prefetch"] else { return [] }
    return members.map(\.value)
  }

  /// JSON is sent as what it is.
  mutating func mediaType(of response: Exchange.Response, _ place: String) {
    let type = response.headers["content-type"]?.prefix { $0 != ";" }.lowercased() ?? "none"
    report.expect(.mediaType, type == "application/json" || type == "application/fhir+json", "\(place): \(type)")
  }
}
