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
    if reader.slots[slot].isPresence { return (try isInUse(row) ? 1 : 0, UnitConversions.inUse) }
    var (number, conversion) = (observations.rows[row].value, UnitConversions.none)
    if form == .quantity {
      // A bound is not a value: R4 datatypes.html#Quantity, `comparator` is a modifier element.
      guard !observations.rows[row].isBound else { throw .comparator }
      guard !number.isNaN else { throw .notANumber }
      (number, conversion) = try conversions.value(number, unit: observations.rows[row].unit, slot: slot)
    } else if case .ratio(let numerator?, let denominator?) = value(in: row) {
      (number, conversion) = try conversions.value(of: numerator, to: denominator, slot: slot)
    } else {
      number = try Self.unitless(value(in: row))
      guard reader.slots[slot].isDimensionless else { throw .unit }
    }
    guard reader.slots[slot].range.contains(number) else { throw .range }
    return (number, conversion)
  }

  private func value(in row: Int) -> Observation.Value? {
    Observation.Value(of: chart.node(at: observations.rows[row].place))
  }

  /// Whether a reading says that a device is in use: any number but nothing, any coded answer but no and none.
  ///
  /// - Throws: `notANumber` for words, such as "Standby" or "not ventilated": nobody's words are guessed at.
  private func isInUse(_ row: Int) throws(Exclusion) -> Bool {
    switch value(in: row) {
    case .boolean(let value): return value
    case .integer(let value): return value != 0
    case .quantity(let quantity): return quantity.value != 0 || (quantity.code ?? quantity.unit ?? "1") != "1"
    case .concept(let concept) where !concept.codings.isEmpty:
      guard let negative = terminology.position(ofValueSet: "negative-answer") else { return true }
      return !concept.codings.contains { terminology.positions(of: $0.node).contains(negative) }
    default: throw .notANumber
    }
  }

  /// The number of a `value[x]` that has no unit.
  private static func unitless(_ value: Observation.Value?) throws(Exclusion) -> Double {
    switch value {
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
