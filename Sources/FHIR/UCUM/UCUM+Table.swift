// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// Prefixes by their case-sensitive symbol.
  static let prefixes: [String: Magnitude] = {
    let decimal = [
      "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3,
      "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
    ]
    var prefixes = decimal.mapValues { Magnitude.ten($0) }
    for (power, symbol) in ["Ki", "Mi", "Gi", "Ti"].enumerated() {
      prefixes[symbol] = Magnitude(1024)?.raised(to: power + 1)
    }
    return prefixes
  }()

  /// The unit table: every symbol of UCUM, reduced to base units.
  ///
  /// A line whose unit is not known yet waits for the next pass; the table needs four.
  static let table: [String: Atom] = {
    var atoms = baseUnits
    var waiting = definitions.split(separator: "\n").map { $0.split(separator: " ") }
    var progress = true
    while progress {
      let count = waiting.count
      waiting.removeAll { line in
        guard let atom = atom(line, in: atoms) else { return false }
        atoms[String(line[0])] = atom
        return true
      }
      progress = waiting.count < count
    }
    return atoms
  }()

  /// Every symbol of the table and whether it takes prefixes, sorted.
  package static var symbols: [(name: String, isMetric: Bool)] {
    table.map { ($0.key, $0.value.isMetric) }.sorted { $0.0 < $1.0 }
  }

  /// Every prefix, sorted.
  package static var prefixSymbols: [String] {
    prefixes.keys.sorted()
  }

  private static let baseUnits: [String: Atom] = {
    let units: [String: Dimension.Kind] = [
      "m": .length, "s": .time, "g": .mass, "rad": .angle, "K": .temperature, "C": .charge, "cd": .luminousIntensity,
    ]
    return units.mapValues { Atom(unit: Unit(dimension: Dimension($0)), isMetric: true) }
  }()

  /// The atom of one line of `definitions`, or nil while a symbol in it is unknown.
  private static func atom(_ line: [Substring], in atoms: [String: Atom]) -> Atom? {
    guard line.count >= 4 else { return nil }
    let isPi = line[0] == "[pi]"  // its digits are kept as a symbol, so that angles stay exact
    var parser = Parser(bytes: Array(line[3].utf8), atoms: atoms)
    guard let value = isPi ? .circleConstant : Magnitude(decimal: line[2]),
      var unit = try? parser.unit()
    else { return nil }
    unit.magnitude = value * unit.magnitude
    switch line[0] {
    case "mol": unit.dimension = Dimension(.amount)
    case "eq": unit.dimension = Dimension(.equivalents)
    case "osm": unit.dimension = Dimension(.osmoles)
    default: break
    }
    if line.count == 5 {
      if line[4] == "arbitrary" {
        unit.arbitrary = [Unit.Arbitrary(name: String(line[0]), exponent: 1)]
      } else if let special = Special(rawValue: String(line[4])) {
        unit.special = special
      } else {
        return nil
      }
    }
    return Atom(unit: unit, isMetric: line[1] == "m")
  }
}
