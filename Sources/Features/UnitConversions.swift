// SPDX-License-Identifier: Apache-2.0
import FHIR

/// How the numbers of a chart become values of a profile's slots: one conversion for each slot and written unit, found
/// when it is first asked for. A chart has a handful.
struct UnitConversions {
  /// A place in `texts`; `none` where a value stands as it was written.
  typealias Text = Int32

  /// What is said of the conversions.
  private(set) var texts = ["in use"]
  /// Of a value that only says that something was in use.
  static let inUse: Text = 0
  static let none: Text = -1

  private let slots: [Slot]
  private let units: [ObservationTable.Unit]
  private var steps: [Step] = []
  /// Places in `steps` by slot and unit; -1 where not found yet.
  private var places: [Int32]

  private struct Step {
    var conversion = UCUM.Conversion.identity
    var isIdentity = true
    var failure: Exclusion?
    var text = UnitConversions.none
  }

  init(slots: [Slot], units: [ObservationTable.Unit]) {
    self.slots = slots
    self.units = units
    places = [Int32](repeating: -1, count: slots.count * units.count)
  }

  /// A number in the canonical unit of a slot.
  ///
  /// `UCUM.unit(system:code:unit:of:)` decides which unit is meant. A quantity without any unit counts for
  /// dimensionless slots only.
  mutating func value(_ number: Double, unit: Int32, slot: Int) throws(Exclusion) -> (value: Double, text: Text) {
    let place = slot * units.count + Int(unit)
    if places[place] < 0 { learn(slot: slot, unit: Int(unit), at: place) }
    let step = Int(places[place])
    if let failure = steps[step].failure { throw failure }
    return (steps[step].isIdentity ? number : steps[step].conversion(number), steps[step].text)
  }

  /// A ratio of two quantities, such as 5 mmol to 1 L, in the canonical unit of a slot.
  mutating func value(
    of numerator: Quantity, to denominator: Quantity, slot: Int
  ) throws(Exclusion) -> (value: Double, text: Text) {
    guard numerator.node["comparator"] == nil, denominator.node["comparator"] == nil else { throw .comparator }
    guard let above = numerator.value, let below = denominator.value, below != 0 else { throw .notANumber }
    do throws(UCUMError) {
      let (upper, lower) = (try Self.unit(of: numerator), try Self.unit(of: denominator))
      let written = "\(upper)/(\(lower))"
      let conversion = try UCUM.conversion(from: written, to: slots[slot].unit, of: slots[slot].substance)
      texts.append("\(written) -> \(slots[slot].unit)")
      return (conversion(above / below), Text(texts.count - 1))
    } catch {
      throw error.code == .contradictoryUnits ? .contradictoryUnits : .unit
    }
  }

  private static func unit(of quantity: Quantity) throws(UCUMError) -> String {
    try UCUM.unit(system: quantity.system, code: quantity.code, unit: quantity.unit)
  }

  private mutating func learn(slot: Int, unit: Int, at place: Int) {
    let (slot, unit) = (slots[slot], units[unit])
    var step = Step()
    do throws(UCUMError) {
      let written = try UCUM.unit(system: unit.system, code: unit.code, unit: unit.text, of: slot.substance)
      if written != slot.unit {
        step.conversion = try UCUM.conversion(from: written, to: slot.unit, of: slot.substance)
        step.isIdentity = step.conversion.isIdentity
      }
      if !step.isIdentity {
        step.text = Text(texts.count)
        texts.append("\(written) -> \(slot.unit)")
      }
    } catch {
      switch error.code {
      case .unitAbsent where slot.isDimensionless: break
      case .contradictoryUnits: step.failure = .contradictoryUnits
      default: step.failure = .unit
      }
    }
    places[place] = Int32(steps.count)
    steps.append(step)
  }
}
