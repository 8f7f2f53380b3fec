// SPDX-License-Identifier: Apache-2.0

/// The elements that are kept, by resource type. A type that is not here is dropped whole.
enum ResourceRules {
  static let byType: [String: [String: ElementRule]] = {
    var rules: [String: [String: ElementRule]] = [
      "Patient": patient, "Observation": observation, "Encounter": encounter, "Condition": condition,
      "AllergyIntolerance": allergy, "DiagnosticReport": report, "Procedure": procedure,
      "MedicationRequest": medicationRequest, "MedicationAdministration": administration,
      "MedicationStatement": statement, "MedicationUsage": statement, "ServiceRequest": order,
      "ProcedureRequest": order, "Medication": ["code": .concept, "status": .code(Words.status)],
      "Location": [
        "status": .code(Words.status), "type": .concept, "physicalType": .concept, "form": .concept,
        "identifier": .identifier,
      ],
      "Device": ["status": .code(Words.status), "type": .concept, "patient": .reference],
      "OperationOutcome": ["issue": .elements(["severity": .code(Words.severity), "code": .code(Words.issue)])],
      "Parameters": ["parameter": .elements(["resource": .resource])],
      "Bundle": bundle,
    ]
    for type in rules.keys { rules[type]?.merge(everyResource) { own, _ in own } }
    return rules
  }()

  private static let everyResource: [String: ElementRule] = [
    "id": .id, "meta": .meta, "implicitRules": .presence(.uri), "modifierExtension": .presence(.extensions),
    "contained": .resource,
  ]

  private static let patient: [String: ElementRule] = [
    "active": .boolean, "gender": .code(["male", "female", "other", "unknown"]), "birthDate": .birthDate,
    "deceasedBoolean": .boolean, "deceasedDateTime": .date, "identifier": .identifier, "address": .address,
    "animal": .presence(.object),
  ]

  private static let value: [String: ElementRule] = [
    "valueQuantity": .quantity, "valueInteger": .number, "valueBoolean": .boolean, "valueCodeableConcept": .concept,
    "valueString": .decimalText,
    "valueRatio": .elements(["numerator": .quantity, "denominator": .quantity]), "dataAbsentReason": .concept,
  ]

  private static let effective: [String: ElementRule] = [
    "effectiveDateTime": .date, "effectiveInstant": .date, "effectivePeriod": .period,
    "effectiveTiming": .elements(["event": .date, "repeat": .elements(["boundsPeriod": .period])]),
    "_effectiveDateTime": .presence(.object), "issued": .date,
  ]

  private static let whose: [String: ElementRule] = [
    "subject": .reference, "patient": .reference, "encounter": .reference, "context": .reference,
  ]

  private static let observation = joined(
    value, effective, whose,
    [
      "status": .code(Words.status), "category": .concept, "code": .concept, "focus": .reference,
      "identifier": .identifier, "device": .reference, "hasMember": .reference, "derivedFrom": .reference,
      "interpretation": .concept, "method": .concept, "bodySite": .concept,
      "component": .elements(
        joined(value, ["code": .concept, "interpretation": .concept, "modifierExtension": .presence(.extensions)])),
    ])

  private static let encounter = joined(
    whose,
    [
      "status": .code(Words.status), "class": .concept, "type": .concept, "serviceType": .concept,
      "identifier": .identifier, "period": .period, "actualPeriod": .period, "partOf": .reference,
      "location": .elements([
        "location": .reference, "status": .code(Words.status), "physicalType": .concept, "form": .concept,
        "period": .period, "modifierExtension": .presence(.extensions),
      ]),
    ])

  private static let condition = joined(
    whose,
    [
      "code": .concept, "category": .concept, "clinicalStatus": .concept, "verificationStatus": .concept,
      "onsetDateTime": .date, "onsetPeriod": .period, "abatementDateTime": .date, "abatementPeriod": .period,
      "recordedDate": .date, "assertedDate": .date,
    ])

  private static let allergy = joined(
    whose,
    [
      "code": .concept, "clinicalStatus": .concept, "verificationStatus": .concept,
      "criticality": .code(["low", "high", "unable-to-assess"]),
    ])

  private static let report = joined(
    effective, whose,
    ["status": .code(Words.status), "category": .concept, "code": .concept, "result": .reference])

  private static let procedure = joined(
    whose,
    [
      "status": .code(Words.status), "notDone": .boolean, "code": .concept, "performedDateTime": .date,
      "performedPeriod": .period, "occurrenceDateTime": .date, "occurrencePeriod": .period,
    ])

  private static let medication: [String: ElementRule] = [
    "medicationCodeableConcept": .concept, "medicationReference": .reference, "medication": .concept,
  ]

  private static let medicationRequest = joined(order, medication)

  private static let administration = joined(
    effective, whose, medication,
    [
      "status": .code(Words.status), "notGiven": .boolean, "occurenceDateTime": .date, "occurencePeriod": .period,
      "dosage": .elements(["dose": .quantity]),
    ])

  private static let statement = joined(
    effective, whose, medication,
    [
      "status": .code(Words.status), "taken": .code(["y", "n", "unk", "na"]),
      "adherence": .elements(["code": .concept]),
    ])

  private static let order = joined(
    whose,
    [
      "status": .code(Words.status), "intent": .code(Words.intent), "doNotPerform": .boolean, "code": .concept,
      "authoredOn": .date,
    ])

  private static let bundle: [String: ElementRule] = [
    "type": .code(Words.bundle), "link": .elements(["relation": .code(Words.relation), "url": .url]),
    "entry": .elements([
      "fullUrl": .url, "resource": .resource, "modifierExtension": .presence(.extensions),
      "search": .elements(["mode": .code(["match", "include", "outcome"])]),
      "request": .elements(["method": .code(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]), "url": .url]),
      "response": .elements(["status": .status, "lastModified": .date, "outcome": .resource]),
    ]),
  ]

  private static func joined(_ parts: [String: ElementRule]...) -> [String: ElementRule] {
    parts.reduce(into: [:]) { all, part in all.merge(part) { _, own in own } }
  }
}
