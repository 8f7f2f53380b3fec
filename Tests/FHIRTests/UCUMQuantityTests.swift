// SPDX-License-Identifier: Apache-2.0

import FHIR
import Testing

@Suite("The unit of a Quantity")
struct UCUMQuantityTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var system: String?
    var code: String?
    var unit: String?
    var expected: String?
    var fault: UCUMError.Code?

    init(_ system: String?, _ code: String?, _ unit: String?, _ expected: String) {
      (self.system, self.code, self.unit, self.expected) = (system, code, unit, expected)
    }

    init(_ system: String?, _ code: String?, _ unit: String?, _ fault: UCUMError.Code) {
      (self.system, self.code, self.unit, self.fault) = (system, code, unit, fault)
    }

    var testDescription: String { "\(system ?? "-") \(code ?? "-") \(unit ?? "-")" }
  }

  private static let ucum = UCUM.system
  private static let local = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-units"

  static let cases: [Case] = [
    // The code in UCUM wins.
    Case(ucum, "mg/dL", "mg/dL", "mg/dL"), Case(ucum, "mg/dL", nil, "mg/dL"), Case(ucum, "[degF]", "F", "[degF]"),
    Case(ucum, "Cel", "degrees C", "Cel"), Case(ucum, "mm[Hg]", "mmHg", "mm[Hg]"),
    Case(ucum, "/min", "beats/minute", "/min"),
    Case(ucum, "{beats}/min", "bpm", "{beats}/min"), Case(ucum, "10*3/uL", "x10^9/L", "10*3/uL"),
    Case(ucum, "mg/dL", "something our table does not know", "mg/dL"), Case(ucum, "10*3/uL", "K/uL", "10*3/uL"),
    Case("urn:oid:2.16.840.1.113883.6.8", "kPa", nil, "kPa"),
    // A UCUM code that is no UCUM, but has one meaning.
    Case(ucum, "mmHg", "mmHg", "mm[Hg]"), Case(ucum, "bpm", nil, "/min"), Case(ucum, "(score)", "(score)", "{score}"),
    // A valid UCUM code is taken at its word, even where a person would have meant another.
    Case(ucum, "K/uL", nil, "K/uL"), Case(ucum, "pH", nil, "pH"), Case(ucum, "K/uL", "K/uL", .contradictoryUnits),
    // No system, or another one.
    Case(nil, "mg/dL", nil, "mg/dL"), Case(nil, "K/uL", nil, "10*3/uL"), Case(nil, "C", nil, "Cel"),
    Case(nil, "mol/kg", nil, "mol/kg"),
    Case(local, "ml", "ml", "mL"), Case(local, "mEq/L", "mEq/L", "meq/L"),
    Case(local, "mol/kg", nil, .unitNotUnderstood),
    Case("http://snomed.info/sct", "258813002", "mmol/L", "mmol/L"),
    Case("http://snomed.info/sct", "258813002", nil, .unitNotUnderstood),
    // The text alone.
    Case(nil, nil, "mmHg", "mm[Hg]"), Case(nil, nil, " mg/dL ", "mg/dL"), Case(nil, nil, "K/uL", "10*3/uL"),
    Case(nil, nil, "\u{B0}C", "Cel"), Case(nil, nil, "\u{B5}mol/L", "umol/L"), Case(nil, nil, "\u{3BC}mol/L", "umol/L"),
    Case(nil, nil, "pH", "[pH]"), Case(nil, nil, "m[Hg].furlong", .unitNotUnderstood),
    Case(nil, nil, "kg.m2", .unitNotUnderstood),
    Case(ucum, nil, "mmHg", "mm[Hg]"), Case(ucum, "furlong", "mmHg", "mm[Hg]"),
    Case(ucum, "furlong", nil, .unitNotUnderstood),
    // Nothing said.
    Case(nil, nil, nil, .unitAbsent), Case(ucum, nil, nil, .unitAbsent), Case(ucum, "", " ", .unitAbsent),
    // Both understood, and apart.
    Case(ucum, "mmol/L", "mg/dL", .contradictoryUnits), Case(ucum, "umol/L", "mmol/L", .contradictoryUnits),
    Case(ucum, "Cel", "F", .contradictoryUnits), Case(nil, "kg", "lbs", .contradictoryUnits),
    Case(ucum, "%", "mmHg", .contradictoryUnits),
    Case(ucum, "meq/L", "mmol/L", .contradictoryUnits), Case(ucum, "U/L", "IU/L", .contradictoryUnits),
    Case(ucum, "%", "fraction", .contradictoryUnits), Case(ucum, "[pH]", "pH", "[pH]"),
    Case(ucum, "{pH}", "pH", "{pH}"), Case(ucum, "1", "score", "1"),
  ]

  @Test("The rule, case by case", arguments: cases)
  func rule(item: Case) throws {
    if let fault = item.fault {
      #expect(throws: UCUMError(fault)) { try UCUM.unit(system: item.system, code: item.code, unit: item.unit) }
    } else {
      #expect(try UCUM.unit(system: item.system, code: item.code, unit: item.unit) == item.expected)
    }
  }

  @Test("The substance decides whether charge and amount, or activity and international units, are one")
  func substance() throws {
    let sodium = UCUM.Substance(valence: 1)
    let calcium = UCUM.Substance(valence: 2)
    let enzyme = UCUM.Substance(isEnzyme: true)
    #expect(try UCUM.unit(system: UCUM.system, code: "mmol/L", unit: "mEq/L", of: sodium) == "mmol/L")
    #expect(throws: UCUMError(.contradictoryUnits)) {
      try UCUM.unit(system: UCUM.system, code: "mmol/L", unit: "mEq/L", of: calcium)
    }
    #expect(try UCUM.unit(system: UCUM.system, code: "U/L", unit: "IU/L", of: enzyme) == "U/L")
  }

  @Test("Every spelling leads to valid UCUM, and none that is valid UCUM of the same kind changes its value")
  func spellings() throws {
    let overridden = Set(
      UCUM.knownSpellings.filter { spelling in
        guard let literal = try? UCUM.unit(spelling.text), let meant = try? UCUM.unit(spelling.code) else {
          return false
        }
        return literal != meant
      }.map(\.text))
    for spelling in UCUM.knownSpellings { _ = try UCUM.unit(spelling.code) }
    #expect(UCUM.knownSpellings.count > 250)
    // What UCUM reads as something no chart holds: coulomb, farad, kelvin per volume, picohenry, megagauss, femtotonne
    #expect(
      overridden == [
        "C", "F", "Gm/dL", "K/mm3", "K/uL", "K/ul", "MG/L", "ML", "Meq/L", "Mg/dL", "PG/ML", "PH", "ft", "pH", "ph",
        "u/L",
        "u/l", "{pH}", "{seconds}",
      ])
  }
}
