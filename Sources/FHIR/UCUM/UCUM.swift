// SPDX-License-Identifier: Apache-2.0

/// The Unified Code for Units of Measure in its case-sensitive form: parsing, dimensions, conversion.
///
/// Source: The Unified Code for Units of Measure, sections 1 to 6 (grammar), 21 to 24 (special and arbitrary units) and
/// the unit table. Two deliberate departures, both on the safe side of the specification, which defines the mole and
/// the equivalent as one pure number: a count never converts to an amount of substance, and equivalents convert to
/// moles only when the valence of the ion is given (2 meq/L of magnesium are 1 mmol/L, not 2).
package enum UCUM {
  /// The code system of UCUM in FHIR.
  package static let system = "http://unitsofmeasure.org"

  /// What has to be known of a substance to convert between mass, amount, charge and activity.
  package struct Substance: Sendable, Hashable {
    /// Molar mass in g/mol; nil refuses conversion between mass and amount of substance.
    package var molarMass: Double?
    /// Charges per ion, as a positive number; nil refuses conversion between equivalents and amount of substance.
    package var valence: Int?
    /// True for an enzyme, whose international unit is by definition 1 umol/min (UCUM's `U`). For everything else the
    /// international unit is arbitrary and converts to itself alone.
    package var isEnzyme: Bool

    package init(molarMass: Double? = nil, valence: Int? = nil, isEnzyme: Bool = false) {
      self.molarMass = molarMass
      self.valence = valence
      self.isEnzyme = isEnzyme
    }
  }

  /// The unit that `text` denotes.
  ///
  /// - Throws: `UCUMError` with the byte at which reading stopped.
  package static func unit(_ text: String) throws(UCUMError) -> Unit {
    var parser = Parser(bytes: Array(text.utf8), atoms: table)
    return try parser.unit()
  }

  /// How values in the unit `source` become values in the unit `target`; made once, applied to many values.
  package static func conversion(
    from source: String, to target: String, of substance: Substance = Substance()
  ) throws(UCUMError) -> Conversion {
    try Conversion(from: unit(source), to: unit(target), of: substance)
  }

  /// `value`, given in the unit `source`, in the unit `target`. Equal units return it bit for bit.
  ///
  /// - Parameter molarMass: g/mol, for conversion between mass and amount of substance.
  package static func convert(
    _ value: Double, from source: String, to target: String, molarMass: Double? = nil
  ) throws(UCUMError) -> Double {
    try conversion(from: source, to: target, of: Substance(molarMass: molarMass))(value)
  }
}
