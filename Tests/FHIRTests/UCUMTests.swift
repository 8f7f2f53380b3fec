// SPDX-License-Identifier: Apache-2.0

import FHIR
import Testing

@Suite("UCUM")
struct UCUMTests {
  static let accepted: [String] = [
    "m", "/m", "10*3/ul", "10*-3/ul", "10*+3/ul", "10^9/L", "m[H2O]", "10*23", "rad2", "m3.kg-1.s-2",
    "4.[pi].10*-7.N/A2", "rad2{a}", "{a}.rad2{b}", "1{c}", "{e}", "%", "dB[10.nV]", "1/d", "umol/2.h", "mmol/(8.h.kg)",
    "dyn.s/(cm5.m2)", "/[arb'U]", "mL/{hb}.m2", "10.L/(min.m2)", "kg{body_wt}", "[in_i'Hg]", "m[IU]/L", "g.m/m2{hb}",
    "mL/min/{1.73_m2}", "{score}", "/min", "{beats}/min", "[degF]", "Cel", "mCel", "Kibit", "[m/s2/Hz^(1/2)]", "((m))",
    "2.Cel", "cm[H2O].s/L", "/{tot}", "%[slope]", "dag", "dar", "m+2",
  ]

  @Test("The grammar accepts", arguments: accepted)
  func accepts(text: String) throws {
    _ = try UCUM.unit(text)
  }

  static let refusals: [(String, UCUMError)] = [
    ("", UCUMError(.syntax, at: 0)), ("m/", UCUMError(.syntax, at: 2)), ("10+3/ul", UCUMError(.syntax, at: 2)),
    ("rad2{\u{9320}}", UCUMError(.syntax, at: 5)), ("{a}rad2{b}", UCUMError(.syntax, at: 3)),
    ("{|}1", UCUMError(.syntax, at: 3)), ("iU", UCUMError(.unknownUnit, at: 0)),
    ("molv", UCUMError(.unknownUnit, at: 0)),
    ("[BETH'U]", UCUMError(.unknownUnit, at: 0)), ("g/12h", UCUMError(.syntax, at: 4)),
    ("mmol/kg[H20]", UCUMError(.unknownUnit, at: 5)), ("ug(8.h)", UCUMError(.syntax, at: 2)),
    ("cm[H20]", UCUMError(.unknownUnit, at: 0)), ("k[ft_i]", UCUMError(.prefixNotAllowed, at: 0)),
    ("mmHg", UCUMError(.unknownUnit, at: 0)), ("m{", UCUMError(.syntax, at: 2)), ("m}", UCUMError(.syntax, at: 1)),
    ("(m", UCUMError(.syntax, at: 2)), ("m)", UCUMError(.syntax, at: 1)), ("m2x", UCUMError(.syntax, at: 2)),
    ("m-", UCUMError(.syntax, at: 2)), ("m--2", UCUMError(.syntax, at: 2)), ("m..s", UCUMError(.syntax, at: 2)),
    ("//m", UCUMError(.syntax, at: 1)), (".m", UCUMError(.syntax, at: 0)), ("m s", UCUMError(.syntax, at: 1)),
    ("[m", UCUMError(.syntax, at: 0)), ("(m)2", UCUMError(.syntax, at: 3)), ("(m){a}", UCUMError(.syntax, at: 3)),
    ("\u{B5}g/L", UCUMError(.syntax, at: 0)), ("m{a b}", UCUMError(.syntax, at: 3)),
    ("0.m", UCUMError(.outOfRange, at: 0)),
    ("Cel/min", UCUMError(.specialUnitInTerm, at: 4)), ("W/Cel", UCUMError(.specialUnitInTerm, at: 2)),
    ("Cel2", UCUMError(.specialUnitInTerm, at: 0)), ("m.Cel", UCUMError(.specialUnitInTerm, at: 2)),
    ("m100", UCUMError(.outOfRange, at: 1)), ("m99.m99", UCUMError(.outOfRange, at: 4)),
    ("99999999999999999999.m", UCUMError(.outOfRange, at: 0)), ("[IU]-99.[IU]-99", UCUMError(.outOfRange, at: 8)),
    (String(repeating: "(", count: 199) + "m", UCUMError(.syntax, at: 200)),
    (String(repeating: "m.", count: 100) + "m", UCUMError(.outOfRange, at: 200)),
  ]

  @Test("The grammar refuses, naming the place", arguments: refusals)
  func refuses(text: String, error: UCUMError) {
    #expect(throws: error) { try UCUM.unit(text) }
  }

  @Test("No text of two symbols of the grammar's own alphabet crashes the parser")
  func exhaustiveShortTexts() {
    let pieces = [
      "m", "10", "10*", "-", "+", ".", "/", "(", ")", "{", "}", "[", "]", "[IU]", "Cel", "3", " ", "\u{E9}", "'",
    ]
    var read = 0
    for first in pieces {
      for second in pieces {
        for third in pieces where (try? UCUM.unit(first + second + third)) != nil { read += 1 }
      }
    }
    #expect(read > 50)
  }

  static let exact: [(Double, String, String, Double)] = [
    (6.3, "mm", "m", 0.0063), (6.3, "s.mm-2", "s.m-2", 6_300_000), (6.3, "s/m/mg", "s.m-1.g-1", 6300),
    (6.3, "s/m.mg", "s.m-1.g", 0.0063), (6.3, "4.s/m", "s/m", 25.2), (6.3, "[in_i]", "cm", 16.002),
    (1, "m[Hg]", "g.s-2.m-1", 133_322_000), (1, "S", "g-1.m-2.C2.s", 0.001), (1, "10*-7.s", "s", 1e-7),
    (1, "[ly]", "cm", 946_073_047_258_080_000), (98.6, "[degF]", "Cel", 37), (37, "Cel", "[degF]", 98.6),
    (310.15, "K", "Cel", 37), (37, "Cel", "K", 310.15), (0, "[degF]", "K", 45967.0 / 180), (30, "[degRe]", "Cel", 37.5),
    (37_000, "mCel", "Cel", 37), (-40, "Cel", "[degF]", -40), (21, "%", "1", 0.21), (0.21, "1", "%", 21),
    (7.1, "10*3/uL", "10*9/L", 7.1), (7100, "/uL", "10*3/uL", 7.1), (7.1, "10^9/L", "10*3/uL", 7.1),
    (1.3, "g/dL", "g/L", 13), (0.45, "L/L", "%", 45), (120, "mm[Hg]", "kPa", 15.99864),
    (40, "U/L", "ukat/L", 40.0 / 60), (0.04, "ng/mL", "ug/L", 0.04), (14, "ng/L", "ng/mL", 0.014),
    (70, "kg", "[lb_av]", 70 / 0.45359237), (1, "[lb_av]", "kg", 0.45359237), (7.4, "[pH]", "[pH]", 7.4),
    (20, "dB", "B", 2), (100, "1/min", "Hz", 100.0 / 60), (5, "meq/L", "meq/dL", 0.5), (1, "[IU]", "[iU]", 1),
  ]

  @Test("Conversions to the last bit", arguments: exact)
  func converts(value: Double, source: String, target: String, expected: Double) throws {
    #expect(try UCUM.convert(value, from: source, to: target) == expected)
  }

  static let functions: [(Double, String, String, Double)] = [
    (7.4, "[pH]", "nmol/L", 39.81071705534972), (40, "nmol/L", "[pH]", 7.397940008672037),
    (2, "Np", "1", 7.38905609893065),
    (3, "B", "1", 1000), (94, "dB[SPL]", "Pa", 1.002374467254545), (6, "B[V]", "V", 1000), (3, "B[W]", "kW", 1),
    (100, "[p'diop]", "deg", 45), (100, "%[slope]", "deg", 45), (8, "bit_s", "1", 256), (3, "[hp'_X]", "1", 1e-3),
    (2, "[hp'_C]", "1", 1e-4), (1, "[hp'_M]", "1", 1e-3), (1, "[hp'_Q]", "1", 2e-5),
    (3, "[m/s2/Hz^(1/2)]", "m2/s4/Hz", 9), (1, "4.[pi].10*-7.N", "N", 1.2566370614359173e-6),
    (180, "deg", "rad", 3.141592653589793), (1, "circ", "deg", 360),
  ]

  @Test("Special units by their functions", arguments: functions)
  func special(value: Double, source: String, target: String, expected: Double) throws {
    let result = try UCUM.convert(value, from: source, to: target)
    #expect(abs(result - expected) <= abs(expected) * 1e-14)
    let back = try UCUM.convert(result, from: target, to: source)
    #expect(abs(back - value) <= abs(value) * 1e-13)
  }

  static let molarCases: [(Double, String, String, Double, Double)] = [
    (90.0, "mg/dL", "mmol/L", 180.156, 4.9957), (1.0, "mg/dL", "umol/L", 113.12, 88.4),
    (1.0, "mg/dL", "umol/L", 584.66, 17.104), (14.0, "mg/dL", "mmol/L", 28.0134, 4.9976),
    (2.0, "mmol/L", "mg/dL", 90.08, 18.016), (200, "mg/dL", "mmol/L", 386.65, 5.1726),
    (2.4, "mg/dL", "mmol/L", 24.305, 0.98745), (88.4017, "umol/L", "mg/dL", 113.12, 1.0),
    (9.4, "mg/dL", "mmol/L", 40.078, 2.3454),
  ]

  @Test("Mass and amount of substance, by clinical values", arguments: molarCases)
  func molar(value: Double, source: String, target: String, molarMass: Double, expected: Double) throws {
    let result = try UCUM.convert(value, from: source, to: target, molarMass: molarMass)
    #expect(abs(result - expected) <= expected * 5e-5)
  }

  @Test("Equivalents need the valence: magnesium has two, sodium one")
  func equivalents() throws {
    let magnesium = UCUM.Substance(molarMass: 24.305, valence: 2)
    #expect(try UCUM.conversion(from: "meq/L", to: "mmol/L", of: magnesium)(2) == 1)
    #expect(try UCUM.conversion(from: "mmol/L", to: "meq/L", of: magnesium)(1) == 2)
    let mass = try UCUM.conversion(from: "meq/L", to: "mg/dL", of: magnesium)(2)
    #expect(abs(mass - 2.4305) < 1e-15)
    let sodium = UCUM.Substance(valence: 1)
    #expect(try UCUM.conversion(from: "meq/L", to: "mmol/L", of: sodium)(140) == 140)
    #expect(throws: UCUMError(.valenceRequired)) { try UCUM.conversion(from: "meq/L", to: "mmol/L") }
  }

  @Test("An international unit is 1 umol/min for an enzyme and arbitrary for anything else")
  func internationalUnits() throws {
    let enzyme = UCUM.Substance(isEnzyme: true)
    #expect(try UCUM.conversion(from: "[IU]/L", to: "U/L", of: enzyme)(35) == 35)
    #expect(try UCUM.conversion(from: "m[iU]/mL", to: "U/L", of: enzyme)(35) == 35)
    #expect(try UCUM.conversion(from: "U/L", to: "[iU]/dL", of: enzyme)(35) == 3.5)
    #expect(throws: UCUMError(.incommensurable)) { try UCUM.conversion(from: "[IU]/L", to: "U/L") }
    #expect(throws: UCUMError(.incommensurable)) { try UCUM.conversion(from: "[GPL'U]", to: "U", of: enzyme) }
  }

  static let unlike: [(String, String, UCUMError.Code)] = [
    ("mg/dL", "mmol/L", UCUMError.Code.molarMassRequired), ("mm[Hg]", "mm", .incommensurable),
    ("%", "mm[Hg]", .incommensurable),
    ("10*3/uL", "mmol/L", .incommensurable), ("mol", "10*23", .incommensurable), ("osm", "mol", .incommensurable),
    ("[IU]", "[arb'U]", .incommensurable), ("[arb'U]", "1", .incommensurable), ("Cel", "/min", .incommensurable),
    ("[pH]", "1", .incommensurable), ("K/uL", "10*3/uL", .incommensurable), ("pH", "[pH]", .incommensurable),
  ]

  @Test("Units of different kinds do not convert", arguments: unlike)
  func incommensurable(source: String, target: String, code: UCUMError.Code) {
    #expect(throws: UCUMError(code)) { try UCUM.convert(1, from: source, to: target) }
  }

  static let equal: [(String, String)] = [
    ("mg/dL", "mg/dL"), ("mg/dL", "mg/dl"), ("mL", "cm3"), ("/min", "{beats}/min"), ("ng/mL", "ug/L"),
    ("Cel", "Cel{oral}"),
    ("[pH]", "[pH]"), ("10*3/uL", "10*9/L"), ("1", "{score}"), ("U/L", "mU/mL"), ("mm[Hg]", "mm[Hg]"),
  ]

  @Test("Equal units give the value back bit for bit", arguments: equal)
  func identity(source: String, target: String) throws {
    let conversion = try UCUM.conversion(from: source, to: target)
    #expect(conversion.isIdentity)
    for value in [0.1, -0.0, 1e308, .leastNonzeroMagnitude, 1.0 / 3, .infinity, .nan] {
      #expect(conversion(value).bitPattern == value.bitPattern)
    }
  }

  @Test("A shift by a power of ten is the nearest Double to the decimal result")
  func decimalShifts() throws {
    let units = ["pg": -12, "ng": -9, "ug": -6, "mg": -3, "g": 0, "kg": 3]
    let digits = ["1", "7.35", "0.1", "3.3", "98.6", "123.456", "9.9", "1.0e-3", "6.02"]
    for (source, from) in units {
      for (target, to) in units {
        for text in digits {
          let value = try #require(Double(text))
          let exponent = from - to
          let split = text.split(separator: "e")
          let expected = try #require(Double("\(split[0])e\(exponent + (split.count > 1 ? -3 : 0))"))
          let shift = try UCUM.convert(value, from: source, to: target)
          // The input is itself rounded, so the result may lie one step from the shifted decimal, never two.
          #expect(abs(shift - expected) <= expected.ulp)
          if abs(exponent) <= 22 {
            let exact = exponent < 0 ? value / powerOfTen(-exponent) : value * powerOfTen(exponent)
            #expect(shift == exact)
          }
        }
      }
    }
  }

  @Test("There and back again is the same value to 4 units in the last place")
  func roundTrips() throws {
    let groups = [
      ["mm[Hg]", "kPa", "cm[H2O]", "mbar", "[psi]", "atm"], ["Cel", "K", "[degF]", "[degRe]"],
      ["mg/dL", "g/L", "ug/mL", "kg/m3"], ["mmol/L", "umol/dL", "mol/m3"], ["cm", "[in_i]", "[ft_i]", "m"],
      ["kg", "g", "[lb_av]", "[oz_av]", "[stone_av]"], ["mL/h", "L/d", "mL/min"], ["U/L", "ukat/L", "nkat/mL"],
    ]
    var state: UInt64 = 42
    for group in groups {
      for source in group {
        for target in group {
          let forth = try UCUM.conversion(from: source, to: target)
          let back = try UCUM.conversion(from: target, to: source)
          for _ in 0..<20 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(state >> 40) / 1000 + 300
            let again = back(forth(value))
            #expect(abs(again - value) <= 4 * max(value, forth(value)).ulp, "\(source) \(target) \(value)")
          }
        }
      }
    }
  }
}

private func powerOfTen(_ exponent: Int) -> Double {
  (0..<exponent).reduce(1.0) { result, _ in result * 10 }
}
