// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Observations that tell the patient's age or date of birth in numbers of their own. In a copy the age is told by `birthDate`
/// alone, which is 90 for all who are older than 89 (45 CFR 164.514(b)(2)(i)(C)).
enum AgeObservation {
  /// LOINC's and SNOMED CT's codes of ages and dates of birth, whatever they were reckoned by and for.
  private static let codes: [String: Set<String>] = [
    "http://loinc.org": [
      "30525-0", "21611-9", "21612-7", "29553-5", "30972-4", "35659-2", "63900-5", "21112-8",
    ],
    "http://snomed.info/sct": ["424144002", "397669002", "184099003"],
  ]

  /// Whether an Observation or a component of one says it by its code.
  static func isMeant(_ node: Node) -> Bool {
    node["code"]?.elements("coding").contains { coding in
      guard let system = coding["system"]?.string, let code = coding["code"]?.string else { return false }
      return codes[system]?.contains(code) == true
    } ?? false
  }

  /// Whether a Quantity, whatever it is of, is a time of 90 years or more.
  static func isOverEightyNine(_ quantity: Node) -> Bool {
    guard let value = quantity["value"]?.double,
      let unit = try? UCUM.unit(
        system: quantity["system"]?.string, code: quantity["code"]?.string, unit: quantity["unit"]?.string),
      let years = try? UCUM.convert(value, from: unit, to: "a")
    else { return false }
    return years >= Double(DateShift.oldestAge + 1)
  }
}
