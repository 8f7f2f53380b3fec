// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// An answer as an R4 Provenance of what was said: which models made it, for whom, out of which request (HL7 AI Transparency, the AI
  /// as a Device among the agents); an amendment as one of what a person says is right, a revision of the record that it corrects. Nil for a
  /// record of another kind.
  ///
  /// - Parameter log: the log's name.
  package func provenance(log: String) -> JSON? {
    switch entry.kind {
    case .answer: answerProvenance(log)
    case .amendment: amendmentProvenance(log)
    default: nil
    }
  }

  private func answerProvenance(_ log: String) -> JSON {
    var agents = entry.models.map { model in
      Self.agent(
        "assembler", "Assembler",
        [
          "type": "Device", "identifier": Self.identifier(Self.modelSystem, "\(model.id)|\(model.version)"),
          "display": .string("\(model.id) \(model.version), SHA-256 \(Self.hexadecimal(model.digest))"),
        ])
    }
    agents.append(Self.custodian(log))
    if let client = entry.client {
      agents.append(Self.agent("enterer", "Enterer", ["identifier": Self.identifier(Self.clientSystem, client)]))
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
      "target": [Self.reference(to: sequence, log, "the answer on record")],
      "occurredDateTime": entry.instant.map { .string(Self.instant($0)) },
      "recorded": .string(Self.instant(entry.time)),
      "activity": activity("Originate/Retain Record Lifecycle Event"), "agent": .array(agents),
      "entity": entities.isEmpty ? nil : .array(entities),
    ]
  }

  private func amendmentProvenance(_ log: String) -> JSON? {
    guard let amended = entry.amends else { return nil }
    return [
      "resourceType": "Provenance", "id": .string("\(sequence)"),
      "meta": ["lastUpdated": .string(Self.instant(entry.time))],
      "target": [Self.reference(to: sequence, log, "the amendment on record")],
      "recorded": .string(Self.instant(entry.time)), "activity": activity("Amend (Update) Record Lifecycle Event"),
      "agent": [
        Self.agent("author", "Author", ["identifier": Self.identifier(Self.userSystem, entry.origin ?? "")]),
        Self.custodian(log),
      ],
      "entity": [["role": "revision", "what": Self.reference(to: amended, log, "the record that it corrects")]],
    ]
  }

  private static func agent(_ code: String, _ display: String, _ who: JSON) -> JSON {
    let type = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return ["type": ["coding": [AuditEventCoding.coding(type, code, display)]], "who": who]
  }

  private static func custodian(_ log: String) -> JSON {
    agent("custodian", "Custodian", ["identifier": identifier(logSystem, log)])
  }

  private static func reference(to record: Int64, _ log: String, _ display: String) -> JSON {
    ["identifier": identifier(logSystem, "\(log)/\(record)"), "display": .string(display)]
  }

  private func activity(_ display: String) -> JSON {
    let system = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
    return ["coding": [AuditEventCoding.coding(system, AuditEventCoding(entry.kind).activity, display)]]
  }
}
