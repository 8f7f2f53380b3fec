// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Hummingbird

extension VigilService {
  /// The version of this program and the day of its interface, as docs/openapi.yaml has them.
  private static let version = "0.1.0", date = "2026-11-28"

  /// `GET /fhir/metadata` (R4 http.html#capabilities): what there is of FHIR's interface. It says nothing that `/openapi.json` does not, so
  /// that anybody may read it.
  func capability(_ request: Request) -> Response {
    let release = AuditEventRelease(accept: request.headers[.accept] ?? "")
    let statement: JSON = [
      "resourceType": "CapabilityStatement", "status": "active", "date": .string(Self.date), "kind": "instance",
      "software": ["name": "Vigil", "version": .string(Self.version)],
      "implementation": [
        "description": "Clinical decision support, and its audit trail",
        // Where the service listens is nobody's business who does not know it.
        "url": configuration.externalURL == nil ? nil : .string(base),
      ],
      "fhirVersion": .string(release.version), "format": ["application/fhir+json"],
      "rest": [
        [
          "mode": "server",
          "documentation":
            "IHE ITI-81, Retrieve ATNA Audit Event, for clients of the role auditor; every reading is on record.",
          "resource": [
            [
              "type": "AuditEvent", "interaction": [["code": "read"], ["code": "search-type"]],
              "versioning": "no-version", "readHistory": false, "updateCreate": false,
              "searchParam": .array(
                AuditEventSearch.parameters.map { ["name": .string($0.name), "type": .string($0.type)] }),
            ]
          ],
          "operation": [
            [
              "name": "assess", "definition": "urn:vigil:operation:assess",
              "documentation": "POST /fhir/$assess: RiskAssessments for the chart in a Bundle of one patient.",
            ]
          ],
        ]
      ],
    ]
    return Response(mediaType: release.mediaType, bytes: statement.encoded())
  }
}
