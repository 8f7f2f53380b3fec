// SPDX-License-Identifier: Apache-2.0
import FHIR

/// How quantities become numbers in canonical units, remembered for the length of one reading.
struct UnitConversions {
  /// How the values of one written unit become canonical.
  struct Step {
    /// The UCUM code of the written unit.
    var unit: String
    var conversion: UCUM.Conversion
  }

  private struct Key: Hashable {
    var system: String?
    var code: String?
    var text: String?
    var canonical: String
    var substance: UCUM.Substance
  }

  private var known: [Key: Result<Step, Exclusion>] = [:]

  /// The number of a FHIR Quantity in the canonical unit, and how it was converted (nil: not at all).
  ///
  /// `UCUM.unit(system:code:unit:of:)` decides which unit is meant. A quantity without any unit counts for
  /// dimensionless signals only.
  mutating func number(
    of quantity: Quantity, in canonical: String, substance: UCUM.Substance
  ) throws(Exclusion) -> (value: Double, conversion: String?) {
    // A bound is not a value: R4 datatypes.html#Quantity, `comparator` is a modifier element.
    guard quantity.node["comparator"] == nil else { throw .comparator }
    guard let value = quantity.value else { throw .notANumber }
    let key = Key(
      system: quantity.system, code: quantity.code, text: quantity.unit, canonical: canonical, substance: substance)
    let step: Step
    if let found = known[key] {
      step = try found.get()
    } else {
      let made = Self.step(key)
      known[key] = made
      step = try made.get()
    }
    return (step.conversion(value), step.conversion.isIdentity ? nil : "\(step.unit) -> \(canonical)")
  }

  private static func step(_ key: Key) -> Result<Step, Exclusion> {
    do throws(UCUMError) {
      let unit = try UCUM.unit(system: key.system, code: key.code, unit: key.text, of: key.substance)
      return .success(
        Step(unit: unit, conversion: try UCUM.conversion(from: unit, to: key.canonical, of: key.substance)))
    } catch {
      switch error.code {
      case .unitAbsent where isDimensionless(key.canonical):
        return .success(Step(unit: key.canonical, conversion: .identity))
      case .contradictoryUnits: return .failure(.contradictoryUnits)
      default: return .failure(.unit)
      }
    }
  }

  /// Whether a number without a unit can be meant: a score, a pH. Not a fraction, which may be a percentage.
  static func isDimensionless(_ canonical: String) -> Bool {
    canonical == "[pH]" || canonical.hasPrefix("{")
  }
}
