// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// Exponents of what a unit measures: UCUM's seven base units, then the three kinds of amount that UCUM treats as
  /// numbers and that a chart must not mix.
  struct Dimension: Sendable, Hashable {
    var exponents = SIMD16<Int16>()

    /// The places of `exponents`.
    enum Kind: Int, CaseIterable {
      case length, time, mass, angle, temperature, charge, luminousIntensity
      case amount, equivalents, osmoles
    }

    static let none = Dimension()

    init() {}

    init(_ kind: Kind) {
      exponents[kind.rawValue] = 1
    }

    subscript(kind: Kind) -> Int {
      get { Int(exponents[kind.rawValue]) }
      set { exponents[kind.rawValue] = Int16(truncatingIfNeeded: newValue) }
    }
  }

  /// A unit as the table and the grammar give it: how much, of what.
  package struct Unit: Sendable, Hashable {
    /// The unit in base units; of a special unit, the unit its function is applied to.
    var magnitude = Magnitude.one
    var dimension = Dimension.none
    /// Arbitrary units by name with their exponents, sorted by name; nearly always empty.
    var arbitrary: [Arbitrary] = []
    /// The function of a special unit; `scale` is its prefix (or number): dB is `lg` with scale 1/10.
    var special: Special?
    var scale = Magnitude.one

    /// A procedure-defined unit that converts to nothing but itself (UCUM section 24).
    struct Arbitrary: Sendable, Hashable {
      var name: String
      var exponent: Int
    }

    /// True for the pure number one: `1`, `{score}`, `{pH}`.
    package var isUnity: Bool {
      self == Unit()
    }

    /// The factor to UCUM's base units m, s, g, rad, K, C, cd; of a special unit, of the unit its function is applied to.
    package var baseValue: Double {
      magnitude.value
    }

    /// The exponents of UCUM's base units m, s, g, rad, K, C, cd.
    package var baseExponents: [Int] {
      (0..<7).map { Int(dimension.exponents[$0]) }
    }

    /// True for a unit tied to its base units by a function: Cel, [pH], B ...
    package var isSpecial: Bool {
      special != nil
    }

    /// True when values in both units measure the same kind of quantity, so that a factor or function ties them.
    package func isCommensurable(with other: Unit) -> Bool {
      dimension == other.dimension && arbitrary == other.arbitrary
    }

    static func * (left: Unit, right: Unit) throws(UCUMError) -> Unit {
      if left.special != nil || right.special != nil { return try scaled(left, right) }
      var result = left
      result.magnitude = left.magnitude * right.magnitude
      result.dimension.exponents &+= right.dimension.exponents
      for unit in right.arbitrary { result.multiply(by: unit) }
      return try result.checked()
    }

    static func / (left: Unit, right: Unit) throws(UCUMError) -> Unit {
      guard right.special == nil else { throw UCUMError(.specialUnitInTerm) }
      return try left * right.raised(to: -1)
    }

    func raised(to exponent: Int) throws(UCUMError) -> Unit {
      if exponent == 1 { return self }
      guard special == nil else { throw UCUMError(.specialUnitInTerm) }
      guard abs(exponent) <= Unit.exponentLimit else { throw UCUMError(.outOfRange) }
      var result = self
      result.magnitude = magnitude.raised(to: exponent)
      result.dimension.exponents = dimension.exponents &* Int16(exponent)
      result.arbitrary =
        exponent == 0 ? [] : arbitrary.map { Arbitrary(name: $0.name, exponent: $0.exponent * exponent) }
      return try result.checked()
    }

    /// The largest exponent read: far beyond any use, small enough that no arithmetic overflows.
    static let exponentLimit = 99

    /// A special unit takes part in no term but a number times itself (UCUM section 22).
    private static func scaled(_ left: Unit, _ right: Unit) throws(UCUMError) -> Unit {
      var (unit, number) = left.special == nil ? (right, left) : (left, right)
      guard number.special == nil, number.dimension == .none, number.arbitrary.isEmpty else {
        throw UCUMError(.specialUnitInTerm)
      }
      unit.scale = unit.scale * number.magnitude
      return unit
    }

    private mutating func multiply(by factor: Arbitrary) {
      guard let index = arbitrary.firstIndex(where: { $0.name >= factor.name }) else {
        arbitrary.append(factor)
        return
      }
      guard arbitrary[index].name == factor.name else {
        arbitrary.insert(factor, at: index)
        return
      }
      arbitrary[index].exponent += factor.exponent
      if arbitrary[index].exponent == 0 { arbitrary.remove(at: index) }
    }

    private func checked() throws(UCUMError) -> Unit {
      let limit = Unit.exponentLimit
      for kind in Dimension.Kind.allCases where abs(dimension[kind]) > limit { throw UCUMError(.outOfRange) }
      for unit in arbitrary where abs(unit.exponent) > limit { throw UCUMError(.outOfRange) }
      for exponent in [magnitude.two, magnitude.five] where abs(exponent) > 1000 { throw UCUMError(.outOfRange) }
      return self
    }
  }
}
