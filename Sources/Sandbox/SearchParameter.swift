// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A search parameter: which elements it looks at, and how (R4 searchparameter-registry.html, the part that is served).
enum SearchParameter: Sendable {
  /// Elements that refer to another resource; a bare id stands for this type.
  case reference([String], type: String)
  /// Elements that hold a code, Coding or CodeableConcept.
  case token([String])
  /// Elements that hold a date, dateTime, instant or Period.
  case date([String])
  /// The logical id.
  case id

  /// The parameter of a name, for resources of a type.
  static func named(_ name: String, of type: String) -> SearchParameter? {
    switch name {
    case "_id": .id
    case "_lastUpdated": .date(["meta.lastUpdated"])
    case "patient": patients[type].map { .reference([$0], type: "Patient") }
    default: table[type]?[name]
    }
  }

  /// The types that are served, and the element that says whose a resource is.
  private static let patients = [
    "AllergyIntolerance": "patient", "Condition": "subject", "Coverage": "beneficiary", "DeviceRequest": "subject",
    "DiagnosticReport": "subject", "Encounter": "subject", "MedicationAdministration": "subject",
    "MedicationRequest": "subject", "Observation": "subject", "Procedure": "subject", "ServiceRequest": "subject",
  ]

  private static let table: [String: [String: SearchParameter]] = [
    "AllergyIntolerance": ["clinical-status": .token(["clinicalStatus"]), "code": .token(["code"])],
    "Condition": [
      "category": .token(["category"]), "clinical-status": .token(["clinicalStatus"]), "code": .token(["code"]),
      "encounter": .reference(["encounter"], type: "Encounter"), "onset-date": .date(["onsetDateTime", "onsetPeriod"]),
      "recorded-date": .date(["recordedDate"]), "subject": .reference(["subject"], type: "Patient"),
    ],
    "Coverage": ["status": .token(["status"]), "beneficiary": .reference(["beneficiary"], type: "Patient")],
    "DiagnosticReport": [
      "category": .token(["category"]), "code": .token(["code"]), "status": .token(["status"]),
      "date": .date(["effectiveDateTime", "effectivePeriod"]),
    ],
    "Encounter": [
      "class": .token(["class"]), "date": .date(["period", "actualPeriod"]), "status": .token(["status"]),
      "subject": .reference(["subject"], type: "Patient"), "type": .token(["type"]),
    ],
    "Location": ["type": .token(["type"])],
    "MedicationAdministration": [
      "code": .token(["medicationCodeableConcept"]), "status": .token(["status"]),
      "effective-time": .date(["effectiveDateTime", "effectivePeriod"]),
    ],
    "MedicationRequest": [
      "authoredon": .date(["authoredOn"]), "code": .token(["medicationCodeableConcept"]),
      "encounter": .reference(["encounter"], type: "Encounter"), "intent": .token(["intent"]),
      "status": .token(["status"]), "subject": .reference(["subject"], type: "Patient"),
    ],
    "Observation": [
      "category": .token(["category"]), "code": .token(["code"]),
      "date": .date(["effectiveDateTime", "effectivePeriod", "effectiveInstant"]),
      "encounter": .reference(["encounter"], type: "Encounter"), "status": .token(["status"]),
      "subject": .reference(["subject"], type: "Patient"),
    ],
    "Patient": ["identifier": .token(["identifier"]), "gender": .token(["gender"]), "birthdate": .date(["birthDate"])],
    "Procedure": [
      "code": .token(["code"]), "date": .date(["performedDateTime", "performedPeriod"]), "status": .token(["status"]),
    ],
    "ServiceRequest": [
      "authored": .date(["authoredOn"]), "category": .token(["category"]), "code": .token(["code"]),
      "encounter": .reference(["encounter"], type: "Encounter"), "intent": .token(["intent"]),
      "status": .token(["status"]), "subject": .reference(["subject"], type: "Patient"),
    ],
  ]

  /// Whether a resource matches one of the alternatives of a value.
  func matches(_ node: Node, _ alternatives: [String]) -> Bool {
    switch self {
    case .id: return node["id"]?.string.map(alternatives.contains) == true
    case .reference(let paths, let type):
      let found = paths.compactMap { node.member($0)?["reference"]?.string }
      return found.contains { reference in
        alternatives.contains {
          reference == $0 || reference == "\(type)/\($0)" || reference.hasSuffix("/\(type)/\($0)")
        }
      }
    case .token(let paths):
      let tokens = paths.flatMap { Self.tokens(node.member($0)) }
      return alternatives.contains { alternative in tokens.contains { $0.matches(alternative) } }
    case .date:
      guard let range = range(of: node) else { return false }
      return alternatives.contains { SearchDate($0)?.matches(range) == true }
    }
  }

  /// The moments that a date parameter's elements cover in a resource.
  func range(of node: Node) -> ClosedRange<Int64>? {
    guard case .date(let paths) = self else { return nil }
    for path in paths {
      let place = path.split(separator: ".").reduce(Optional(node)) { $0?.member(String($1)) }
      guard let place else { continue }
      if let date = place.dateTime { return date.earliest.milliseconds...date.latest.milliseconds }
      guard place.kind == .object else { continue }
      let start = place["start"]?.dateTime?.earliest.milliseconds ?? .min
      return start...max(start, place["end"]?.dateTime?.latest.milliseconds ?? .max)
    }
    return nil
  }

  /// A code with its system, where it has one.
  struct Token {
    var system: String?
    var code: String

    /// Against `code`, `system|code`, `|code` (no system) or `system|` (R4 search.html#token).
    func matches(_ text: String) -> Bool {
      let parts = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return code == text }
      let (system, code) = (String(parts[0]), String(parts[1]))
      return (code.isEmpty || self.code == code) && (self.system ?? "") == system
    }
  }

  private static func tokens(_ element: Node?) -> [Token] {
    guard let element else { return [] }
    switch element.kind {
    case .array: return element.children.flatMap { tokens($0) }
    case .string: return [Token(system: nil, code: element.string ?? "")]
    case .object:
      if element["coding"] != nil { return element.elements("coding").flatMap { tokens($0) } }
      guard let code = (element["code"] ?? element["value"])?.string else { return [] }
      return [Token(system: element["system"]?.string, code: code)]
    case .number, .boolean, .null: return []
    }
  }
}

/// A date in a search, with its prefix (R4 search.html#prefix).
struct SearchDate {
  private let prefix: String
  private let range: ClosedRange<Int64>

  /// Nil when it is no date, or has a prefix that is not served.
  init?(_ text: String) {
    let prefix = String(text.prefix { $0.isLetter })
    guard ["", "eq", "ne", "lt", "gt", "ge", "le", "sa", "eb"].contains(prefix),
      let date = DateTime(String(text.dropFirst(prefix.count)))
    else { return nil }
    self.prefix = prefix
    range = date.earliest.milliseconds...date.latest.milliseconds
  }

  /// Whether the moments of a resource match.
  func matches(_ other: ClosedRange<Int64>) -> Bool {
    let contains = range.lowerBound <= other.lowerBound && other.upperBound <= range.upperBound
    return switch prefix {
    case "ne": !contains
    case "lt": other.lowerBound < range.lowerBound
    case "gt": other.upperBound > range.upperBound
    case "le": other.lowerBound < range.lowerBound || contains
    case "ge": other.upperBound > range.upperBound || contains
    case "sa": other.lowerBound > range.upperBound
    case "eb": other.upperBound < range.lowerBound
    default: contains
    }
  }
}
