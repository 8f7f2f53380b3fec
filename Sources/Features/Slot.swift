// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What a value has to become to count for one signal or static of a profile. Slots are numbered signals first, then
/// statics.
struct Slot: Sendable {
  /// The signal's or static's id.
  let id: String
  /// Canonical unit (UCUM).
  let unit: String
  /// Plausible values in that unit.
  let range: ClosedRange<Double>
  /// What unit conversion has to know of the substance.
  let substance: UCUM.Substance
  /// Any reading counts as 1.
  let isPresence: Bool
  /// Values of one instant under different codes are different amounts.
  let isFluid: Bool
  /// Known once for the stay.
  let isStatic: Bool

  init(_ signal: Signal) {
    id = signal.id
    unit = signal.unit
    range = signal.range
    // UCUM's U and the international unit of an enzyme are one; enzymes are the signals measured in them.
    substance = UCUM.Substance(
      molarMass: signal.molarMass, valence: signal.valence, isEnzyme: signal.unit == "U/L" || signal.unit == "[IU]/L")
    isPresence = signal.presence == true
    isFluid = signal.category == .fluid
    isStatic = false
  }

  init(_ item: Static) {
    id = item.id
    unit = item.unit
    range = item.range
    substance = UCUM.Substance()
    isPresence = false
    isFluid = false
    isStatic = true
  }

  /// Whether a number without a unit can be meant: a score, a pH. Not a fraction, which may be a percentage.
  var isDimensionless: Bool { unit == "[pH]" || unit.hasPrefix("{") }
}
