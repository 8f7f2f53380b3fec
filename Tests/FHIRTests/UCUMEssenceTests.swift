// SPDX-License-Identifier: Apache-2.0

import FHIR
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The published table of UCUM, read by an evaluator of its own in plain `Double`, against ours.
@Suite("UCUM essence")
struct UCUMEssenceTests {
  @Test("Every unit of ucum-essence.xml has the same value and dimension here", .timeLimit(.minutes(1)))
  func everyUnit() throws {
    guard let root = SharedData.folder("fhir-test-cases") else { return }
    let file = try #require(
      ["ucum", "fhir-test-cases/ucum"].map { root.appendingPathComponent($0 + "/ucum-essence.xml") }
        .first { FileManager.default.fileExists(atPath: $0.path) })
    let essence = Essence()
    let parser = try #require(XMLParser(contentsOf: file))
    parser.delegate = essence
    #expect(parser.parse())
    #expect(essence.units.count == 303)
    #expect(essence.prefixes.count == 24)
    for code in essence.units.keys.sorted() {
      let expected = try #require(essence.canonical(code), "\(code)")
      let unit = try UCUM.unit(code)
      let base = expected.expression
      let ratioScale = try UCUM.unit(base)
      let entry = try #require(essence.units[code])
      #expect(unit.baseExponents == expected.exponents, "\(code)")
      #expect(abs(unit.baseValue - expected.value) <= expected.value * 1e-14, "\(code)")
      #expect(unit.isSpecial == entry.isSpecial, "\(code)")
      #expect(ratioScale.baseExponents == expected.exponents, "\(code)")
      for (prefix, factor) in essence.prefixes
      where essence.units[prefix + code] == nil && !essence.bases.contains(prefix + code) {
        if entry.isMetric {
          let prefixed = try UCUM.unit(prefix + code)
          if !entry.isSpecial {
            #expect(abs(prefixed.baseValue / unit.baseValue - factor) <= factor * 1e-14, "\(prefix + code)")
          }
        }
      }
    }
  }

  @Test("Every symbol with every prefix reads in one way only")
  func unambiguous() {
    let symbols = UCUM.symbols
    #expect(symbols.count == 310)
    let prefixed = symbols.filter(\.isMetric).flatMap { symbol in UCUM.prefixSymbols.map { $0 + symbol.name } }
    let names = Set(symbols.map(\.name))
    #expect(Set(prefixed).count == prefixed.count)
    // Where a prefixed symbol is also a symbol by itself, the symbol wins, as UCUM rules: cd, Pa, min ...
    #expect(
      Set(prefixed).intersection(names)
        == ["cd", "Pa"].filter { names.contains($0) && prefixed.contains($0) }.reduce(into: Set()) { $0.insert($1) })
  }
}

/// Reads the essence; `canonical` reduces a unit by recursion on the published definitions.
private final class Essence: NSObject, XMLParserDelegate {
  struct Entry {
    var value = 1.0
    var unit = "1"
    var isMetric = false
    var isSpecial = false
  }
  struct Canonical {
    var value: Double
    var exponents: [Int]
    var expression: String {
      let names = ["m", "s", "g", "rad", "K", "C", "cd"]
      let terms = zip(names, exponents).filter { $0.1 != 0 }.map { "\($0.0)\($0.1)" }
      return terms.isEmpty ? "1" : terms.joined(separator: ".")
    }
  }

  var units: [String: Entry] = [:]
  var prefixes: [String: Double] = [:]
  var bases: [String] = []
  private var code = ""
  private var inPrefix = false

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    switch name {
    case "prefix":
      code = attributes["Code"] ?? ""
      inPrefix = true
    case "base-unit":
      code = ""
      bases.append(attributes["Code"] ?? "")
    case "unit":
      inPrefix = false
      code = attributes["Code"] ?? ""
      units[code] = Entry(isMetric: attributes["isMetric"] == "yes", isSpecial: attributes["isSpecial"] == "yes")
    case "value" where inPrefix:
      prefixes[code] = Double(attributes["value"] ?? "")
    case "value" where units[code]?.isSpecial == false:
      units[code]?.value = Double(attributes["value"] ?? "") ?? .nan
      units[code]?.unit = attributes["Unit"] ?? ""
    case "function":
      units[code]?.value = Double(attributes["value"] ?? "") ?? .nan
      units[code]?.unit = attributes["Unit"] ?? ""
      // The tangent takes an angle: the table's "deg" beside "100tan(1 rad)" is a known slip.
      if attributes["name"]?.contains("tan") == true { units[code]?.unit = "rad" }
    default: break
    }
  }

  func canonical(_ symbol: String) -> Canonical? {
    let order = ["m", "s", "g", "rad", "K", "C", "cd"]
    if let index = order.firstIndex(of: symbol) {
      return Canonical(value: 1, exponents: order.indices.map { $0 == index ? 1 : 0 })
    }
    if let entry = units[symbol] {
      guard var result = evaluate(entry.unit) else { return nil }
      result.value *= entry.value
      return result
    }
    for (prefix, factor) in prefixes where symbol.hasPrefix(prefix) {
      let rest = String(symbol.dropFirst(prefix.count))
      guard units[rest]?.isMetric == true || bases.contains(rest), var result = canonical(rest) else { continue }
      result.value *= factor
      return result
    }
    return nil
  }

  /// The definitions hold no parentheses outside brackets, so a term is split at dots and slashes.
  private func evaluate(_ term: String) -> Canonical? {
    var result = Canonical(value: 1, exponents: Array(repeating: 0, count: 7))
    var sign = 1
    var component = ""
    var depth = 0
    for character in term + "." {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      guard depth == 0, character == "." || character == "/" else {
        component.append(character)
        continue
      }
      if !component.isEmpty {
        guard let factor = evaluateComponent(component) else { return nil }
        result.value *= sign > 0 ? factor.value : 1 / factor.value
        for index in result.exponents.indices { result.exponents[index] += sign * factor.exponents[index] }
      }
      component = ""
      sign = character == "/" ? -1 : 1
    }
    return result
  }

  private func evaluateComponent(_ text: String) -> Canonical? {
    if let number = Double(text) { return Canonical(value: number, exponents: Array(repeating: 0, count: 7)) }
    let symbolEnd =
      text.hasPrefix("10*")
      ? text.index(text.startIndex, offsetBy: 3)
      : text.lastIndex { !("0"..."9").contains($0) && $0 != "-" }.map { text.index(after: $0) } ?? text.startIndex
    guard let base = canonical(String(text[..<symbolEnd])) else { return nil }
    let exponent = Int(text[symbolEnd...]) ?? 1
    return Canonical(value: pow(base.value, Double(exponent)), exponents: base.exponents.map { $0 * exponent })
  }
}
