// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Which codes and units say nothing but what was measured: those that the terminology lists, HL7's small code systems, and
/// codes of LOINC and SNOMED CT whose check digit holds. All others are a hospital's own and may be anything.
package struct Vocabulary: Sendable {
  private let terminology: Terminology
  /// Systems of which every code belongs to a value set: the system is known, its codes are not.
  private let wholeSystems: Set<String>
  private let listedSystems: Set<String>
  private let spellings: Set<String>

  /// - Parameter terminology: what the models read by.
  package init(_ terminology: Terminology) {
    self.terminology = terminology
    wholeSystems = Set(terminology.valueSets.flatMap(\.systems))
    listedSystems = Set(terminology.valueSets.flatMap { $0.concepts.map(\.system) })
    spellings = Set(UCUM.knownSpellings.map(\.text))
  }

  func isKnown(system: String) -> Bool {
    wholeSystems.contains(system) || listedSystems.contains(system) || Words.codes[system] != nil
      || UCUM.isUCUM(system)
  }

  func isKnown(system: String, code: String) -> Bool {
    if Words.codes[system]?.contains(code) == true { return true }
    if terminology.translation(of: system, code: code) != nil { return true }
    if !wholeSystems.contains(system), !terminology.valueSets(containing: system, code: code).isEmpty { return true }
    switch system {
    case "http://loinc.org": return CheckDigit.isLOINC(code)
    case "http://snomed.info/sct": return CheckDigit.isSNOMED(code)
    default: return false
    }
  }

  /// A unit's code as it may stand: itself, or with the words in braces taken out, which mean one (UCUM section 6); nil for
  /// what is no unit, and for one that may be a number of something else.
  func unit(_ text: String) -> String? {
    let text = Self.trimmed(text)
    if text.isEmpty || spellings.contains(text) { return text }
    guard text.utf8.count <= 64, (try? UCUM.unit(text)) != nil else { return nil }
    var plain = ""
    var bare = ""
    var isWithin = false
    for character in text {
      switch character {
      case "{":
        isWithin = true
        plain += "{x}"
      case "}": isWithin = false
      default:
        if !isWithin {
          plain.append(character)
          bare.append(character)
        }
      }
    }
    return Self.mayBeNumber(bare) ? nil : plain
  }

  /// UCUM takes any number for a unit: a telephone's, a year, a ZIP code. A real unit has a symbol beside its digits, and no more
  /// of these than a power of ten or an area of 1.73 square metres has.
  private static func mayBeNumber(_ unit: String) -> Bool {
    let digits = unit.utf8.count { (0x30...0x39).contains($0) }
    let hasSymbol = unit.utf8.contains { !Array("0123456789.*^/+-()".utf8).contains($0) }
    let longestRun = unit.utf8.split { !(0x30...0x39).contains($0) }.map(\.count).max() ?? 0
    return digits > 0 && (!hasSymbol || digits > 4 || longestRun > 3)
  }

  /// Whether people write a unit so.
  func isSpelling(_ text: String) -> Bool { spellings.contains(Self.trimmed(text)) }

  static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}

/// Check digits of codes.
enum CheckDigit {
  /// LOINC: up to seven digits, a hyphen and their Luhn digit (LOINC Users' Guide, "Calculating mod 10 check digits").
  static func isLOINC(_ code: String) -> Bool {
    let parts = code.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...7).contains(parts[0].count), parts[1].count == 1, let check = digits(parts[1])?.first,
      let digits = digits(parts[0])
    else { return false }
    let sum = digits.reversed().enumerated().reduce(0) { sum, place in
      let value = place.offset.isMultiple(of: 2) ? place.element * 2 : place.element
      return sum + value / 10 + value % 10
    }
    return (10 - sum % 10) % 10 == check
  }

  /// SNOMED CT: 6 to 18 digits, the last a Verhoeff digit, the two before it the partition of concepts (SNOMED CT SCTID).
  static func isSNOMED(_ code: String) -> Bool {
    guard (6...18).contains(code.utf8.count), let digits = digits(code[...]), digits[0] != 0,
      ["00", "10"].contains(code.dropLast().suffix(2))
    else { return false }
    var check = 0
    for (place, digit) in digits.reversed().enumerated() {
      check = multiplication[check][permutation(place % 8, digit)]
    }
    return check == 0
  }

  private static func digits(_ text: Substring) -> [Int]? {
    let digits = text.utf8.map { Int($0) - 0x30 }
    return digits.allSatisfy { (0...9).contains($0) } && !digits.isEmpty ? digits : nil
  }

  /// The dihedral group D5 (Verhoeff 1969).
  private static let multiplication: [[Int]] = (0..<10).map { left in
    (0..<10).map { right in
      switch (left < 5, right < 5) {
      case (true, true): (left + right) % 5
      case (true, false): (left + right - 5) % 5 + 5
      case (false, true): (left - 5 - right + 5) % 5 + 5
      case (false, false): (left - right + 5) % 5
      }
    }
  }

  private static func permutation(_ power: Int, _ digit: Int) -> Int {
    (0..<power).reduce(digit) { digit, _ in [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][digit] }
  }
}
