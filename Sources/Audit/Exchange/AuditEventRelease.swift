// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The release of FHIR in which an AuditEvent is written. There is one mapping, R4's; R5 has the same things in other elements
/// (R5 auditevent.html).
package enum AuditEventRelease: String, Sendable, CaseIterable {
  case r4 = "R4"
  case r5 = "R5"

  /// The media type of resources, with the version that is not the usual one (R5 http.html#version-parameter).
  package var mediaType: String { self == .r4 ? "application/fhir+json" : "application/fhir+json; fhirVersion=5.0" }

  /// Its version, as a CapabilityStatement has it.
  package var version: String { self == .r4 ? "4.0.1" : "5.0.0" }

  /// The release that an Accept header asks for: R4, where it does not ask for R5.
  package init(accept: String) {
    self = accept.lowercased().contains(/fhirversion="?5\.0/) ? .r5 : .r4
  }

  /// An R4 AuditEvent in this release.
  package func event(_ event: JSON) -> JSON {
    guard self == .r5 else { return event }
    return [
      "resourceType": "AuditEvent", "id": event["id"], "meta": event["meta"],
      "category": event["type"].map { [Self.concept($0)] },
      // The most specific code for the event: R5 asks for one, R4 does not.
      "code": (event.list("subtype").first ?? event["type"]).map(Self.concept), "action": event["action"],
      "recorded": event["recorded"], "outcome": Self.outcome(event),
      "authorization": event["purposeOfEvent"],
      "patient": event.list("entity").first { $0["role"]?["code"] == "1" }.flatMap { $0["what"] },
      "agent": .array(event.list("agent").map(Self.agent)),
      "source": [
        "observer": event["source"]?["observer"],
        "type": .array((event["source"]?.list("type") ?? []).map(Self.concept)),
      ],
      "entity": event["entity"] == nil ? nil : .array(event.list("entity").map(Self.entity)),
    ]
  }

  private static func concept(_ coding: JSON) -> JSON { ["coding": [coding]] }

  private static func outcome(_ event: JSON) -> JSON {
    [
      "code": ["system": "http://terminology.hl7.org/CodeSystem/audit-event-outcome", "code": event["outcome"]],
      "detail": event["outcomeDesc"].map { [["text": $0]] },
    ]
  }

  /// R5 asks who it was: of one of whom nothing but the address is known, that.
  private static func agent(_ agent: JSON) -> JSON {
    let address = agent["network"]?["address"]
    return [
      "type": agent["type"], "who": agent["who"] ?? ["display": address ?? "unknown"],
      "requestor": agent["requestor"], "policy": agent["policy"], "networkString": address,
    ]
  }

  private static func entity(_ entity: JSON) -> JSON {
    var what = entity["what"]
    // R5 has no name of an entity, and a Reference a text.
    if let name = entity["name"] { what?["display"] = name }
    return ["what": what, "role": entity["role"].map(concept)]
  }
}
