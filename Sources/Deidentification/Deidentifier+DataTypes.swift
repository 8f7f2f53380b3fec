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
    case .decimalText: return .string(node.string.flatMap(Self.shortDecimal) ?? Self.mark)
    case .meta: return meta(node)
    case .url: return renamed(node).map(JSON.string)
    case .status:
      let digits = node.text.map { $0.prefix(3) }
      return digits.flatMap { $0.count == 3 && $0.allSatisfy(\.isNumber) ? .string(String($0)) : nil }
    case .elements, .resource, .id, .birthDate, .presence: return nil
    }
  }

  private func number(_ node: Node) -> JSON {
    node.kind == .number ? node.text.map { .number(literal: $0) } ?? .null : .null
  }

  /// FHIR's decimal of at most four digits: what has more may be a ZIP code, a telephone or a record's number.
  private static func shortDecimal(_ text: String) -> String? {
    let digits = text.utf8.count { (0x30...0x39).contains($0) }
    let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
    return isDecimal && digits <= 4 && Double(text) != nil ? text : nil
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
      "value": node["value"].map(number),
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
    let state = node["state"]?.string.flatMap { Words.states.contains($0) ? $0 : nil }
    let isAmerican = state != nil || ["US", "USA"].contains(node["country"]?.string ?? "")
    return [
      "state": state.map(JSON.string),
      "postalCode": isAmerican ? node["postalCode"]?.string.flatMap(Self.areaOfZIP).map(JSON.string) : nil,
      "country": isAmerican ? "US" : nil,
    ]
  }

  static func areaOfZIP(_ code: String) -> String? {
    let digits = code.prefix { $0 != "-" }
    guard digits.utf8.count == 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let area = String(digits.prefix(3))
    return Words.restrictedZIP.contains(area) ? "000" : area
  }
}
