// SPDX-License-Identifier: Apache-2.0
import FHIR

/// How a kind of record is called in FHIR and DICOM (R4 auditevent.html, its value sets; DICOM PS3.16 CID 400 and 401).
struct AuditEventCoding {
  let type: JSON
  let subtype: JSON?
  /// C, R, U, D or E.
  let action: String
  /// iso-21089-lifecycle, for a Provenance.
  let activity: String

  init(_ kind: AuditEntry.Kind) {
    let web = Self.coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation")
    func rest(_ code: String) -> JSON { Self.coding("http://hl7.org/fhir/restful-interaction", code, code) }
    func life(_ code: String, _ display: String) -> JSON {
      Self.coding("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", code, display)
    }
    let (type, subtype, action, activity): (JSON, JSON?, String, String) =
      switch kind {
      case .answer, .rejection: (web, rest("operation"), "E", "originate")
      case .feedback: (web, rest("create"), "C", "originate")
      case .read: (Self.dicom("110101", "Audit Log Used"), nil, "R", "access")
      case .start:
        (Self.dicom("110100", "Application Activity"), Self.dicom("110120", "Application Start"), "E", "originate")
      case .stop:
        (Self.dicom("110100", "Application Activity"), Self.dicom("110121", "Application Stop"), "E", "originate")
      case .clock: (Self.dicom("110100", "Application Activity"), nil, "E", "originate")
      case .control:
        (Self.dicom("110113", "Security Alert"), Self.dicom("110131", "Software Configuration"), "U", "amend")
      case .key, .rootKey, .proposal, .approval:
        (Self.dicom("110113", "Security Alert"), Self.dicom("110129", "Security Configuration"), "U", "amend")
      case .erasure: (life("destroy", "Destroy/Delete Record Lifecycle Event"), nil, "D", "destroy")
      case .review: (life("attest", "Attest Record Lifecycle Event"), nil, "C", "attest")
      case .amendment: (life("amend", "Amend (Update) Record Lifecycle Event"), nil, "U", "amend")
      case .hold: (life("hold", "Add Legal Hold Record Lifecycle Event"), nil, "U", "hold")
      case .release: (life("unhold", "Remove Legal Hold Record Lifecycle Event"), nil, "U", "unhold")
      }
    (self.type, self.subtype, self.action, self.activity) = (type, subtype, action, activity)
  }

  static func coding(_ system: String, _ code: String, _ display: String) -> JSON {
    ["system": .string(system), "code": .string(code), "display": .string(display)]
  }

  private static func dicom(_ code: String, _ display: String) -> JSON {
    coding("http://dicom.nema.org/resources/ontology/DCM", code, display)
  }
}
