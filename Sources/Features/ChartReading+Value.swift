// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReading {
  /// The number that an Observation or a component carries for a slot, in its canonical unit, and how it was converted.
  mutating func number(
    in row: Int, for slot: Int
  ) throws(Exclusion) -> (value: Double, conversion: UnitConversions.Text) {
    // R4 obs-6: dataAbsentReason only where there is no value. With both, neither is believed.
    guard !observations.rows[row].isAbsent else { throw .absent }
    let form = observations.rows[row].form
    guard form != .none else { throw .noValue }
    if reader.slots[slot].isPresence {
      let isFalse = form == .other && chart.node(at: observations.rows[row].literalPlace).boolean == false
      return (isFalse ? 0 : 1, UnitConversions.inUse)
    }
    var (number, conversion) = (observations.rows[row].value, UnitConversions.none)
    if form == .quantity {
      // A bound is not a value: R4 datatypes.html#Quantity, `comparator` is a modifier element.
      guard !observations.rows[row].isBound else { throw .comparator }
      guard !number.isNaN else { throw .notANumber }
      (number, conversion) = try conversions.value(number, unit: observations.rows[row].unit, slot: slot)
    } else {
      number = try Self.unitless(chart.node(at: observations.rows[row].place))
      guard reader.slots[slot].isDimensionless else { throw .unit }
    }
    guard reader.slots[slot].range.contains(number) else { throw .range }
    return (number, conversion)
  }

  /// The number of a `value[x]` that has no unit.
  private static func unitless(_ holder: Node) throws(Exclusion) -> Double {
    switch Observation.Value(of: holder) {
    case .integer(let integer): return integer
    case .string(let text):
      // FHIR's decimal notation and nothing else (R4 datatypes.html#decimal).
      let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
      guard isDecimal, let decimal = Double(text) else { throw .notANumber }
      return decimal
    default: throw .notANumber
    }
  }
}
