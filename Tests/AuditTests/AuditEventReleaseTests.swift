// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Testing

/// AuditEvents as R5 has them: held against R5's table of elements (R5 auditevent.html, datatypes.html, references.html).
@Suite struct AuditEventReleaseTests {
  /// How often an element is there, and of what type it is; a backbone element by its path.
  private typealias Element = (range: ClosedRange<Int>, type: String)

  private static let tables: [String: [String: Element]] = [
    "AuditEvent": [
      "resourceType": (1...1, "code"), "id": (0...1, "id"), "meta": (0...1, "Meta"),
      "category": (0...(.max), "CodeableConcept"), "code": (1...1, "CodeableConcept"), "action": (0...1, "code"),
      "severity": (0...1, "code"), "recorded": (1...1, "instant"), "outcome": (0...1, "AuditEvent.outcome"),
      "authorization": (0...(.max), "CodeableConcept"), "patient": (0...1, "Reference"),
      "agent": (1...(.max), "AuditEvent.agent"), "source": (1...1, "AuditEvent.source"),
      "entity": (0...(.max), "AuditEvent.entity"),
    ],
    "AuditEvent.outcome": ["code": (1...1, "Coding"), "detail": (0...(.max), "CodeableConcept")],
    "AuditEvent.agent": [
      "type": (0...1, "CodeableConcept"), "role": (0...(.max), "CodeableConcept"), "who": (1...1, "Reference"),
      "requestor": (0...1, "boolean"), "policy": (0...(.max), "uri"), "networkString": (0...1, "string"),
    ],
    "AuditEvent.source": [
      "site": (0...1, "Reference"), "observer": (1...1, "Reference"), "type": (0...(.max), "CodeableConcept"),
    ],
    "AuditEvent.entity": ["what": (0...1, "Reference"), "role": (0...1, "CodeableConcept")],
    "Meta": ["lastUpdated": (0...1, "instant")],
    "CodeableConcept": ["coding": (0...(.max), "Coding"), "text": (0...1, "string")],
    "Coding": ["system": (0...1, "uri"), "code": (0...1, "code"), "display": (0...1, "string")],
    "Reference": ["identifier": (0...1, "Identifier"), "display": (0...1, "string")],
    "Identifier": ["system": (0...1, "uri"), "value": (0...1, "string")],
  ]

  /// What is not as the tables have it, by its path.
  private static func faults(_ value: JSON, _ type: String, at path: String) -> [String] {
    guard let table = tables[type] else {
      switch value {
      case .string(let text): return text.isEmpty || type == "boolean" ? ["\(path) is no \(type)"] : []
      case .boolean: return type == "boolean" ? [] : ["\(path) is no \(type)"]
      default: return ["\(path) is no \(type)"]
      }
    }
    guard case .object(let members) = value, !members.isEmpty else { return ["\(path) is no \(type)"] }
    var faults = table.filter { $0.value.range.lowerBound > 0 && value[$0.key] == nil }.map {
      "\(path).\($0.key) is missing"
    }
    for member in members {
      let place = "\(path).\(member.name)"
      guard let element = table[member.name] else {
        faults.append("\(place) is no element")
        continue
      }
      if element.range.upperBound == 1 {
        faults += Self.faults(member.value, element.type, at: place)
      } else if case .array(let items) = member.value, !items.isEmpty {
        faults += items.flatMap { Self.faults($0, element.type, at: place) }
      } else {
        faults.append("\(place) is no list")
      }
    }
    return faults
  }

  @Test func eachIsAsR5HasIt() {
    for record in AuditEventTests.records {
      let event = record.auditEvent(log: AuditEventTests.log)
      #expect(Self.faults(AuditEventRelease.r5.event(event), "AuditEvent", at: "AuditEvent") == [])
      #expect(AuditEventRelease.r4.event(event) == event)
      // The table tells the releases apart.
      #expect(Self.faults(event, "AuditEvent", at: "AuditEvent").contains("AuditEvent.code is missing"))
    }
  }

  /// Nothing that R4 says is lost: every text of it, but for the types of entities and of addresses, which R5 has not.
  @Test func itSaysTheSame() {
    func texts(_ value: JSON) -> Set<String> {
      switch value {
      case .string(let text): [text]
      case .array(let items): items.reduce(into: []) { $0.formUnion(texts($1)) }
      case .object(let members): members.reduce(into: []) { $0.formUnion(texts($1.value)) }
      default: []
      }
    }
    for record in AuditEventTests.records {
      var event = record.auditEvent(log: AuditEventTests.log)
      let release = texts(AuditEventRelease.r5.event(event))
      if case .array(let entities)? = event["entity"] {
        event["entity"] = .array(
          entities.map { entity in
            var entity = entity
            entity["type"] = nil
            return entity
          })
      }
      #expect(texts(event).subtracting(release).subtracting(["2"]) == [])
    }
  }

  @Test(arguments: [
    ("application/fhir+json; fhirVersion=5.0", AuditEventRelease.r5), ("application/json;FHIRVERSION=\"5.0\"", .r5),
    ("application/fhir+json; fhirVersion=4.0", .r4), ("*/*", .r4), ("", .r4),
  ])
  func theCallerSaysWhich(_ accept: String, _ release: AuditEventRelease) {
    #expect(AuditEventRelease(accept: accept) == release)
  }
}
