// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReader {
  /// The number that `holder` (an Observation or a component) carries for a slot, in its canonical unit, how it was
  /// converted, and the `value[x]` it came from.
  mutating func number(
    in holder: Node, for slot: Int
  ) throws(Exclusion) -> (value: Double, conversion: String?, literal: Node) {
    // R4 obs-6: dataAbsentReason only where there is no value. With both, neither is believed.
    guard !holder.has("dataAbsentReason") else { throw .absent }
    // Nearly every value is a quantity.
    let quantity = holder["valueQuantity"]
    guard let literal = quantity ?? holder.children.first(where: { $0.name?.hasPrefix("value") == true }) else {
      throw .noValue
    }
    if slots[slot].isPresence { return (literal.boolean == false ? 0 : 1, "in use", literal) }
    let number: Double
    var conversion: String?
    if let quantity {
      (number, conversion) = try slots[slot].number(of: Quantity(quantity))
    } else {
      number = try Self.unitless(holder)
      guard slots[slot].isDimensionless else { throw .unit }
    }
    guard slots[slot].range.contains(number) else { throw .range }
    return (number, conversion, literal)
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
