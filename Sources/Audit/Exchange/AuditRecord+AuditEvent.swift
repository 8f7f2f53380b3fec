// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR

extension AuditRecord {
  /// System of the tokens that name patients in leaves.
  package static let subjectSystem = "urn:vigil:subject"
  /// System of the ids of clients, of people and of the log itself.
  static let clientSystem = "urn:vigil:client", userSystem = "urn:vigil:user", logSystem = "urn:vigil:log"
  /// Of clinicians, who are each client's own: a colon and its id follow where there are clients.
  static let clinicianSystem = "urn:vigil:clinician"
  private static let reasonSystem = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
  static let modelSystem = "urn:vigil:model", instanceSystem = "urn:vigil:hook-instance", caseSystem = "urn:vigil:case"

  /// The record as an R4 AuditEvent in the shape of IHE BALP: the caller and the service as agents, the patient as an entity of
  /// their own, no result and of a token its name alone. It is about one patient at most, as a record is.
  ///
  /// - Parameter log: the log's name, which is who observed.
  package func auditEvent(log: String) -> JSON {
    let coding = AuditEventCoding(entry.kind)
    return [
      "resourceType": "AuditEvent", "id": .string(auditEventID(log: log)),
      "meta": ["lastUpdated": .string(Self.instant(entry.time))],
      "type": coding.type, "subtype": coding.subtype.map { [$0] }, "action": .string(coding.action),
      "recorded": .string(Self.instant(entry.time)), "outcome": .string(outcomeCode),
      "outcomeDesc": outcomeCode == "0" ? nil : entry.reason.map(JSON.string),
      "purposeOfEvent": entry.isEmergencyReading
        ? [["coding": [AuditEventCoding.coding(Self.reasonSystem, "BTG", "break the glass")]]] : nil,
      "agent": .array([caller, clinician, Self.service(log)].compactMap(\.self)),
      "source": [
        "observer": ["identifier": Self.identifier(Self.logSystem, log), "display": "Vigil"],
        "type": [
          AuditEventCoding.coding(
            "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")
        ],
      ],
      "entity": entities.isEmpty ? nil : .array(entities),
    ]
  }

  /// The record's number, and the first 20 bytes of a digest of log and leaf: of one record always the same, wherever and however often
  /// it is read or sent, and of what another history has in its place another.
  package func auditEventID(log: String) -> String {
    let digest = SHA256.hash(data: Array("vigil audit event\u{0}\(log)\u{0}".utf8) + leaf)
    return "\(sequence)-\(Self.hexadecimal(Array(digest.prefix(20))))"
  }

  /// FHIR's `instant` has seconds.
  static func instant(_ instant: Instant) -> String { instant.description }

  /// audit-event-outcome: 4 for what the caller did wrong, 8 for what the service did.
  var outcomeCode: String {
    guard let status = entry.status else {
      return entry.kind == .rejection || entry.outcome == AuditEntry.refused ? "4" : "0"
    }
    return status < 400 ? "0" : status < 500 ? "4" : "8"
  }

  /// Whether a person stands in `origin`, which of a request that was refused is a network address.
  private var isOfPerson: Bool {
    switch entry.kind {
    case .answer, .feedback, .start, .stop, .clock: false
    // What came over HTTP has a status, and an address there.
    case .rejection, .read: entry.status == nil
    case .key, .rootKey, .erasure, .hold, .release, .control, .review, .proposal, .approval, .amendment: true
    }
  }

  private var caller: JSON {
    var who: JSON?
    // A person amends; the client is that of the record that is amended.
    if let client = entry.client, entry.kind != .amendment {
      who = ["identifier": Self.identifier(Self.clientSystem, client)]
    } else if isOfPerson, let user = entry.origin {
      who = ["identifier": Self.identifier(Self.userSystem, user)]
    }
    let address = isOfPerson ? nil : entry.origin
    return [
      "type": [
        "coding": [AuditEventCoding.coding("http://dicom.nema.org/resources/ontology/DCM", "110153", "Source Role ID")]
      ],
      "who": who, "requestor": .boolean(entry.user == nil),
      // IHE BALP; a `uri` has no white space (R4 datatypes.html#uri), which a name may have.
      "policy": entry.token.flatMap { $0.contains(where: \.isWhitespace) ? nil : [.string($0)] },
      "network": address.map { ["address": .string($0), "type": "2"] },
    ]
  }

  /// The person at the client, who then is the one who began it (R4 auditevent-definitions.html#AuditEvent.agent.requestor: one at most).
  private var clinician: JSON? {
    guard let user = entry.user else { return nil }
    let system = Self.clinicianSystem + (entry.client.map { ":\($0)" } ?? "")
    return [
      "type": [
        "coding": [
          AuditEventCoding.coding(
            "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")
        ]
      ],
      "who": ["identifier": Self.identifier(system, user)], "requestor": true,
    ]
  }

  private static func service(_ log: String) -> JSON {
    [
      "type": [
        "coding": [
          AuditEventCoding.coding("http://dicom.nema.org/resources/ontology/DCM", "110152", "Destination Role ID")
        ]
      ],
      "who": ["identifier": identifier(logSystem, log)], "requestor": false,
    ]
  }

  private var entities: [JSON] {
    func entity(_ what: JSON, _ type: (String, String), _ role: (String, String), _ name: String? = nil) -> JSON {
      [
        "what": ["identifier": what],
        "type": AuditEventCoding.coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", type.0, type.1),
        "role": AuditEventCoding.coding("http://terminology.hl7.org/CodeSystem/object-role", role.0, role.1),
        "name": name.map(JSON.string),
      ]
    }
    var entities: [JSON] = []
    if let token = subject ?? entry.patient, !isOfNobody {
      entities.append(
        entity(
          Self.identifier(Self.subjectSystem, Self.hexadecimal(token)), ("1", "Person"), ("1", "Patient")))
    }
    if let instance = entry.hookInstance {
      entities.append(
        entity(Self.identifier(Self.instanceSystem, instance), ("4", "Other"), ("20", "Job"), entry.hook))
    }
    for model in entry.models {
      entities.append(
        entity(
          Self.identifier(Self.modelSystem, "\(model.id)|\(model.version)"), ("2", "System Object"),
          ("19", "Processing Element"), model.id))
    }
    if let legalCase = entry.legalCase {
      entities.append(
        entity(
          Self.identifier(Self.caseSystem, legalCase), ("2", "System Object"), ("13", "Security Resource"), legalCase))
    }
    if isOfPerson || entry.kind == .read, let note = entry.note ?? entry.amended, !note.isEmpty {
      entities.append(
        entity(Self.identifier(Self.logSystem, "record"), ("2", "System Object"), ("13", "Security Resource"), note))
    }
    return entities
  }

  static func identifier(_ system: String, _ value: String) -> JSON {
    ["system": .string(system), "value": .string(value)]
  }
}
