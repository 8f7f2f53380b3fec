// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// An answer as an R4 Provenance of what was said: which models made it, for whom, out of which request; nil for a record of
  /// another kind (HL7 AI Transparency, the AI as a Device among the agents).
  ///
  /// - Parameter log: the log's name.
  package func provenance(log: String) -> JSON? {
    guard entry.kind == .answer else { return nil }
    let type = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    func agent(_ code: String, _ display: String, _ who: JSON) -> JSON {
      ["type": ["coding": [AuditEventCoding.coding(type, code, display)]], "who": who]
    }
    var agents = entry.models.map { model in
      agent(
        "assembler", "Assembler",
        [
          "type": "Device", "identifier": Self.identifier(Self.modelSystem, "\(model.id)|\(model.version)"),
          "display": .string("\(model.id) \(model.version), SHA-256 \(Self.hexadecimal(model.digest))"),
        ])
    }
    agents.append(agent("custodian", "Custodian", ["identifier": Self.identifier(Self.logSystem, log)]))
    if let client = entry.client {
      agents.append(agent("enterer", "Enterer", ["identifier": Self.identifier(Self.clientSystem, client)]))
    }
    var entities: [JSON] = []
    if let commitment {
      entities.append([
        "role": "source",
        "what": ["identifier": Self.identifier("urn:vigil:commitment", Self.hexadecimal(commitment))],
      ])
    }
    return [
      "resourceType": "Provenance", "id": .string("\(sequence)"),
      "meta": [
        "lastUpdated": .string(Self.instant(entry.time)),
        "security": [
          AuditEventCoding.coding(
            "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "AIAST",
            "Artificial Intelligence asserted")
        ],
      ],
      "target": [
        ["identifier": Self.identifier(Self.logSystem, "\(log)/\(sequence)"), "display": "the answer on record"]
      ],
      "occurredDateTime": entry.instant.map { .string(Self.instant($0)) },
      "recorded": .string(Self.instant(entry.time)),
      "activity": [
        "coding": [
          AuditEventCoding.coding(
            "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", AuditEventCoding(entry.kind).activity,
            "Originate/Retain Record Lifecycle Event")
        ]
      ], "agent": .array(agents), "entity": entities.isEmpty ? nil : .array(entities),
    ]
  }
}
