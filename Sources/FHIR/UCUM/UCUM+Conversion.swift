// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// How values in one unit become values in another. A small value: make it once, apply it to many.
  ///
  /// The arithmetic is chosen so that a decimal shift is correctly rounded: one multiplication or one division by an
  /// exact power of ten, never a product of rounded factors.
  package struct Conversion: Sendable, Hashable {
    private var form: Form

    private enum Form: Hashable {
      case identity
      /// `value * multiplier / divisor`
      case linear(multiplier: Double, divisor: Double)
      /// `(value * multiplier + offset) / divisor`: temperatures
      case affine(multiplier: Double, offset: Double, divisor: Double)
      /// `value` scaled, through the inverse function of the source (if special), scaled, through the function of the
      /// target (if special), scaled
      case function(source: Special?, sourceScale: Double, ratio: Double, target: Special?, targetScale: Double)
    }

    /// The conversion between equal units: the value itself, bit for bit.
    package static let identity = Conversion(form: .identity)

    private init(form: Form) {
      self.form = form
    }

    /// True when every value stays as it is, bit for bit.
    package var isIdentity: Bool {
      form == .identity
    }

    /// The value in the target unit.
    package func callAsFunction(_ value: Double) -> Double {
      switch form {
      case .identity: return value
      case .linear(let multiplier, let divisor): return value * multiplier / divisor
      case .affine(let multiplier, let offset, let divisor): return (value * multiplier + offset) / divisor
      case .function(let source, let sourceScale, let ratio, let target, let targetScale):
        let scaled = value * sourceScale
        let proper = (source?.ratio(at: scaled) ?? scaled) * ratio
        return (target?.value(ofRatio: proper) ?? proper) / targetScale
      }
    }

    /// - Throws: `UCUMError` when the units measure different things, or the substance's molar mass or valence is needed.
    package init(from source: Unit, to target: Unit, of substance: Substance = Substance()) throws(UCUMError) {
      var source = source
      if source == target {
        self = .identity
        return
      }
      if substance.isEnzyme, source.arbitrary != target.arbitrary {
        source = try Conversion.matchingInternationalUnits(source, of: target)
      }
      guard source.arbitrary == target.arbitrary else { throw UCUMError(.incommensurable) }
      let bridge = try Bridge(from: source.dimension, to: target.dimension, of: substance)
      let ratio = source.magnitude * bridge.avogadro / target.magnitude
      if source.special == target.special, source.scale == target.scale, ratio == .one, bridge.isTrivial {
        self = .identity
        return
      }
      self.form =
        switch (source.special, target.special) {
        case (nil, nil): Conversion.linear(ratio, bridge)
        case (let from, let to) where Conversion.isTemperature(from) && Conversion.isTemperature(to):
          Conversion.affine(source, target)
        default:
          .function(
            source: source.special, sourceScale: source.scale.value, ratio: ratio.value * bridge.factor,
            target: target.special, targetScale: target.scale.value)
        }
      try checkRange()
    }

    private static func linear(_ ratio: Magnitude, _ bridge: Bridge) -> Form {
      let fraction = ratio.fraction
      return .linear(
        multiplier: fraction.multiplier * bridge.multiplier, divisor: fraction.divisor * bridge.divisor)
    }

    private static func isTemperature(_ special: Special?) -> Bool {
      special.map { $0.zero != nil } ?? true
    }

    /// With T = value * step + zero / 180 K on both sides, brought to whole numbers:
    /// [degF] to Cel is (value * 5 - 160) / 9.
    private static func affine(_ source: Unit, _ target: Unit) -> Form {
      let sourceStep = source.magnitude * source.scale
      let targetStep = target.magnitude * target.scale
      let ratio = sourceStep / targetStep
      let shift = (source.special?.zero ?? 0) - (target.special?.zero ?? 0)
      var (multiplier, divisor) = ratio.fraction
      guard let distance = Magnitude(UInt64(abs(shift))), let steps = Magnitude(180) else {
        return .linear(multiplier: multiplier, divisor: divisor)
      }
      let (numerator, denominator) = (distance / (steps * targetStep)).fraction
      var offset = numerator * (shift < 0 ? -1 : 1)
      if denominator == divisor {
        return .affine(multiplier: multiplier, offset: offset, divisor: divisor)
      }
      offset *= divisor
      if (offset / denominator) == (offset / denominator).rounded() {
        return .affine(multiplier: multiplier, offset: offset / denominator, divisor: divisor)
      }
      multiplier *= denominator
      divisor *= denominator
      return .affine(multiplier: multiplier, offset: offset, divisor: divisor)
    }

    /// For an enzyme 1 [iU] is 1 umol/min: writes the one as the other where only one of the two units has it.
    private static func matchingInternationalUnits(_ source: Unit, of target: Unit) throws(UCUMError) -> Unit {
      guard let international = UCUM.table["[iU]"]?.unit, let catalytic = UCUM.table["U"]?.unit else { return source }
      let exponent = { (unit: Unit) in unit.arbitrary.first { $0.name == "[iU]" }?.exponent ?? 0 }
      let surplus = exponent(source) - exponent(target)
      return try source * (catalytic / international).raised(to: surplus)
    }

    private func checkRange() throws(UCUMError) {
      let numbers: [Double] =
        switch form {
        case .identity: []
        case .linear(let multiplier, let divisor): [multiplier, divisor]
        case .affine(let multiplier, _, let divisor): [multiplier, divisor]
        case .function(_, let sourceScale, let ratio, _, let targetScale): [sourceScale, ratio, targetScale]
        }
      for number in numbers where !(number.isNormal && number > 0) { throw UCUMError(.outOfRange) }
    }
  }
}

/// What ties mass to amount of substance to equivalents for one substance: the steps between two dimensions that differ
/// in nothing else.
private struct Bridge {
  var multiplier = 1.0
  var divisor = 1.0
  /// Avogadro's number to the power in which it cancels the one within UCUM's mole.
  var avogadro = UCUM.Magnitude.one

  var isTrivial: Bool { multiplier == 1 && divisor == 1 && avogadro == .one }
  var factor: Double { multiplier / divisor }

  init(from source: UCUM.Dimension, to target: UCUM.Dimension, of substance: UCUM.Substance) throws(UCUMError) {
    let mass = source[.mass] - target[.mass]
    let equivalents = target[.equivalents] - source[.equivalents]
    let amount = target[.amount] - source[.amount]
    guard mass != 0 || equivalents != 0 || amount != 0 else {
      guard source == target else { throw UCUMError(.incommensurable) }
      return
    }
    var rest = source
    for kind in [UCUM.Dimension.Kind.mass, .equivalents, .amount] { rest[kind] = target[kind] }
    guard rest == target, mass == amount + equivalents, abs(mass) <= 1, abs(equivalents) <= 1 else {
      throw UCUMError(.incommensurable)
    }
    if mass != 0 {
      guard let molarMass = substance.molarMass, molarMass.isFinite, molarMass > 0 else {
        throw UCUMError(.molarMassRequired)
      }
      avogadro = (UCUM.table["mol"]?.unit.magnitude ?? .one).raised(to: mass)
      if mass > 0 { divisor *= molarMass } else { multiplier *= molarMass }
    }
    if equivalents != 0 {
      guard let valence = substance.valence, valence > 0 else { throw UCUMError(.valenceRequired) }
      if equivalents > 0 { multiplier *= Double(valence) } else { divisor *= Double(valence) }
    }
  }
}
