// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What a value has to become to count for one signal or static of a profile. Slots are numbered signals first, then
/// statics.
struct Slot {
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
  /// The written units met so far: a handful a chart.
  private var steps: [Step] = []

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

  /// How the values of one written unit become canonical.
  private struct Step {
    var system: String?
    var code: String?
    var text: String?
    var conversion: Result<UCUM.Conversion, Exclusion>
    var description: String?

    func matches(_ system: Node?, _ code: Node?, _ text: Node?) -> Bool {
      func same(_ node: Node?, _ string: String?) -> Bool {
        guard let node, let string else { return node == nil && string == nil }
        return node.equals(string)
      }
      return same(code, self.code) && same(text, self.text) && same(system, self.system)
    }
  }

  /// The number of a FHIR Quantity in the canonical unit, and how it was converted (nil: not at all).
  ///
  /// `UCUM.unit(system:code:unit:of:)` decides which unit is meant. A quantity without any unit counts for
  /// dimensionless slots only.
  mutating func number(of quantity: Quantity) throws(Exclusion) -> (value: Double, conversion: String?) {
    let node = quantity.node
    // A bound is not a value: R4 datatypes.html#Quantity, `comparator` is a modifier element.
    guard !node.has("comparator") else { throw .comparator }
    guard let value = quantity.value else { throw .notANumber }
    let (system, code, text) = (node["system"], node["code"], node["unit"])
    let index = steps.firstIndex { $0.matches(system, code, text) } ?? learn(quantity)
    return (try steps[index].conversion.get()(value), steps[index].description)
  }

  private mutating func learn(_ quantity: Quantity) -> Int {
    var step = Step(
      system: quantity.system, code: quantity.code, text: quantity.unit, conversion: .failure(.unit))
    do throws(UCUMError) {
      let written = try UCUM.unit(system: step.system, code: step.code, unit: step.text, of: substance)
      let conversion = written == unit ? .identity : try UCUM.conversion(from: written, to: unit, of: substance)
      step.conversion = .success(conversion)
      if !conversion.isIdentity { step.description = "\(written) -> \(unit)" }
    } catch {
      switch error.code {
      case .unitAbsent where isDimensionless: step.conversion = .success(.identity)
      case .contradictoryUnits: step.conversion = .failure(.contradictoryUnits)
      default: break
      }
    }
    steps.append(step)
    return steps.count - 1
  }

  /// Whether a number without a unit can be meant: a score, a pH. Not a fraction, which may be a percentage.
  var isDimensionless: Bool { unit == "[pH]" || unit.hasPrefix("{") }
}
