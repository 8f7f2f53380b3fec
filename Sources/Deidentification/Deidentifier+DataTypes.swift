// SPDX-License-Identifier: Apache-2.0
import FHIR

extension Deidentifier {
  /// A value of a data type, by its rule; nil where nothing of it is kept.
  func dataType(_ rule: ElementRule, _ node: Node) -> JSON? {
    switch rule {
    case .code(let words): return node.string.flatMap { words.contains($0) ? .string($0) : nil }
    case .boolean: return node.boolean.map(JSON.boolean)
    case .number: return number(node)
    case .date: return .string(node.string.flatMap(shift.moved) ?? Self.mark)
    case .concept: return concept(node)
    case .quantity: return quantity(node)
    case .period: return period(node)
    case .reference: return reference(node)
    case .identifier: return identifier(node)
    case .address: return address(node)
    case .decimalText: return .string(node.string.flatMap { Self.isShortDecimal($0) ? $0 : nil } ?? Self.mark)
    case .meta: return meta(node)
    case .url: return renamed(node).map(JSON.string)
    case .status:
      let digits = node.text.map { $0.prefix(3) }
      return digits.flatMap { $0.count == 3 && $0.allSatisfy(\.isNumber) ? .string(String($0)) : nil }
    case .elements, .resource, .id, .birthDate, .presence: return nil
    }
  }

  private func number(_ node: Node) -> JSON {
    guard let text = node.text, Self.isMeasurement(node) else { return .null }
    return .number(literal: text)
  }

  /// Whether something may have been measured so: a number of eight digits and more before the point is a telephone's, an
  /// account's or a date's, unless all but the first few are zeros, as in cells a litre.
  static func isMeasurement(_ node: Node) -> Bool {
    guard node.kind == .number, let value = node.double, let text = node.text else { return false }
    let mantissa = text.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }.filter { (0x30...0x39).contains($0) }
    let zero = UInt8(ascii: "0")
    let significant = mantissa.drop { $0 == zero }.reversed().drop { $0 == zero }
    return abs(value) < 10_000_000 || significant.count <= 4
  }

  /// FHIR's decimal of at most three digits before the point and four in all: what has more may be a year, a ZIP code, a telephone
  /// or a record's number.
  static func isShortDecimal(_ text: String) -> Bool {
    let digits = text.utf8.count { (0x30...0x39).contains($0) }
    let before = text.utf8.prefix { $0 != 0x2E }.count { (0x30...0x39).contains($0) }
    let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
    return isDecimal && before <= 3 && digits <= 4 && Double(text) != nil
  }

  private func period(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    return [
      "start": node["start"].map { .string($0.string.flatMap(shift.moved) ?? Self.mark) },
      "end": node["end"].map { .string($0.string.flatMap(shift.moved) ?? Self.mark) },
    ]
  }

  private func meta(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    return [
      "versionId": node["versionId"]?.text.flatMap(version).map(JSON.string),
      "lastUpdated": node["lastUpdated"]?.string.flatMap(shift.moved).map(JSON.string),
    ]
  }

  // MARK: - Codes

  private func concept(_ node: Node) -> JSON? {
    if let word = node.string { return Words.bareStatus.contains(word) ? .string(word) : nil }
    guard node.kind == .object else { return nil }
    if node.has("coding") {
      // A concept that is shown is told by its codings; its text is dropped.
      let codings = node.elements("coding").compactMap(coding)
      return codings.isEmpty ? nil : ["coding": .array(codings)]
    }
    if let inner = node["concept"] {  // R5 CodeableReference
      return concept(inner).map { ["concept": $0] }
    }
    if let inner = node["reference"], inner.kind == .object {
      return reference(inner).map { ["reference": $0] }
    }
    if node.has("reference") { return reference(node) }
    return node.has("code") || node.has("system") ? coding(node) : [:]
  }

  private func coding(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    let system = node["system"]?.string
    return [
      "system": system.map { .string(self.system($0)) },
      "code": node["code"]?.string.map { .string(value($0, of: system ?? "")) },
    ]
  }

  private func identifier(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    let system = node["system"]?.string
    return [
      "use": node["use"]?.string.flatMap { Words.use.contains($0) ? .string($0) : nil },
      "type": node["type"].flatMap(concept),
      "system": system.map { .string(self.system($0)) },
      "value": node["value"]?.text.map { .string(value($0, of: system ?? "")) },
    ]
  }

  private func reference(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    return [
      "reference": node["reference"].flatMap(renamed).map(JSON.string),
      "type": node["type"]?.string.flatMap { ResourceTypes.all.contains($0) ? .string($0) : nil },
      "identifier": node["identifier"].flatMap(identifier),
    ]
  }

  // MARK: - Amounts

  private func quantity(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    let system = node["system"]?.string
    return [
      "value": node["value"].map { AgeObservation.isOverEightyNine(node) ? .null : number($0) },
      "comparator": node["comparator"].map { comparator in
        .string(comparator.string.flatMap { Words.comparator.contains($0) ? $0 : nil } ?? Self.mark)
      },
      "unit": node["unit"]?.string.map { text in
        .string(vocabulary.isSpelling(text) || text.isEmpty ? Vocabulary.trimmed(text) : Self.mark)
      },
      "system": system.map { .string(self.system($0)) },
      "code": node["code"]?.string.map { .string(vocabulary.unit($0) ?? Self.mark) },
    ]
  }

  // MARK: - Places

  /// Geography below a state goes but for three digits of the ZIP code (45 CFR 164.514(b)(2)(i)(B)).
  private func address(_ node: Node) -> JSON? {
    guard node.kind == .object else { return nil }
    // A code of a state is a district's somewhere else.
    guard Self.mayBeAmerican(node) else { return [:] }
    let state = node["state"]?.string.flatMap { Words.states.contains($0) ? $0 : nil }
    let isAmerican = state != nil || node["country"]?.string?.isEmpty == false
    return [
      "state": state.map(JSON.string),
      "postalCode": isAmerican ? node["postalCode"]?.string.flatMap(Self.areaOfZIP).map(JSON.string) : nil,
      "country": isAmerican ? "US" : nil,
    ]
  }

  /// Whether an address names the United States or no country.
  static func mayBeAmerican(_ address: Node) -> Bool {
    guard let country = address["country"] else { return true }
    return country.string.map { $0.isEmpty || Words.unitedStates.contains($0) } ?? false
  }

  static func areaOfZIP(_ code: String) -> String? {
    let digits = code.prefix { $0 != "-" }
    guard digits.utf8.count == 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let area = String(digits.prefix(3))
    return Words.restrictedZIP.contains(area) ? "000" : area
  }
}
