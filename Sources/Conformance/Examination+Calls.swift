// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR

extension Examination {
  /// A call of a hook with no more than the specification asks for, about a patient whom nobody has.
  func request(_ hook: String, instance: Int = 1) -> JSON {
    if var sample = samples[hook] {
      sample["hookInstance"] = .string(Self.uuid(instance))
      return sample
    }
    var context: JSON = ["userId": "Practitioner/vigil-1", "patientId": "vigil-conformance-1"]
    for field in HookDefinition.named(hook)?.fields ?? [] where field.isRequired && context[field.name] == nil {
      switch field.kind {
      case .id: context[field.name] = "vigil-encounter-1"
      case .reference: context[field.name] = "Practitioner/vigil-1"
      case .references: context[field.name] = ["ServiceRequest/vigil-draft-1"]
      case .bundle: context[field.name] = Self.drafts
      case .resource: context[field.name] = Self.draft
      case .resources: context[field.name] = [Self.draft]
      }
    }
    return ["hook": .string(hook), "hookInstance": .string(Self.uuid(instance)), "context": context]
  }

  private static let draft: JSON = [
    "resourceType": "ServiceRequest", "id": "vigil-draft-1", "status": "draft", "intent": "order",
    "subject": ["reference": "Patient/vigil-conformance-1"],
    "code": ["coding": [["system": "http://loinc.org", "code": "2524-7"]]],
  ]
  private static let drafts: JSON = [
    "resourceType": "Bundle", "type": "collection",
    "entry": [["fullUrl": "urn:uuid:7c1e5d8e-53c5-4d0a-9a43-1f7a2f3b9e01", "resource": draft]],
  ]

  /// UUIDs that differ; examinations are told apart by the service's own records.
  static func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "7c1e5d8e-53c5-4d0a-9a43-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Calls a service as it should be called.
  mutating func call(_ service: Listed) async throws {
    let body = request(service.hook).encoded()
    let response = try await exchange("POST", service.path, body)
    report.expect(.promptness, response.seconds < 0.5, "\(service.title): \(Int(response.seconds * 1000)) ms")
    switch response.status {
    case 200: answer(response, service.title)
    case 412: report.note(.missingData)
    default:
      // Neither cards nor the one status that the text gives to a call that lacks data.
      report.note(samples[service.hook] == nil ? .missingData : .answer, "\(service.title): \(response.status)")
    }
    var more = request(service.hook, instance: 2)
    var context = more["context"] ?? [:]
    context["vigilConformance"] = ["unknown": true]
    more["context"] = context
    more["extension"] = ["org.example.vigil": ["unknown": [1]]]
    let again = try await exchange("POST", service.path, more.encoded())
    report.expect(
      .unknownContext, again.status == response.status,
      "\(service.title): \(again.status) in place of \(response.status)")
  }

  /// What is said, by every rule about it.
  private mutating func answer(_ response: Exchange.Response, _ place: String) {
    mediaType(of: response, place)
    guard let answer = json(response) else { return report.note(.answer, "\(place): not JSON") }
    guard case .array(let cards)? = answer["cards"] else { return report.note(.answer, "\(place): no array of cards") }
    report.note(.answer)
    let violations = Violation.inResponse(answer)
    var looked: [Requirement] = [.emptyValues]
    if !cards.isEmpty {
      looked += [.cardMembers, .summary, .indicator, .identifiers, .addresses, .overrideReasons]
      if cards.contains(where: { $0["suggestions"] != nil }) { looked += [.selection, .actions] }
      if cards.contains(where: { $0["links"] != nil }) { looked.append(.links) }
    }
    note(violations, looked + Set(violations.map { Requirement(of: $0.rule) }).subtracting(looked), place)
  }
}
