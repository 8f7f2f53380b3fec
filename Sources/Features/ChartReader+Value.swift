// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReader {
  /// The number that `holder` (an Observation or a component) carries for a signal or static, in its canonical unit.
  ///
  mutating func number(
    in holder: Node, slot: Int
  ) throws(Exclusion) -> (value: Double, conversion: String?, literal: Node) {
    // R4 obs-6: dataAbsentReason only where there is no value. With both, neither is believed.
    guard holder["dataAbsentReason"] == nil else { throw .absent }
    guard let value = Observation.Value(of: holder), let literal = Self.valueNode(of: holder) else { throw .noValue }
    let target = Target(slot, of: profile)
    if target.isPresence {
      if case .boolean(false) = value { return (0, "in use", literal) }
      return (1, "in use", literal)
    }
    let number: Double
    var conversion: String?
    switch value {
    case .quantity(let quantity):
      (number, conversion) = try units.number(of: quantity, in: target.unit, substance: target.substance)
    case .integer(let integer):
      guard UnitConversions.isDimensionless(target.unit) else { throw .unit }
      number = integer
    case .string(let text):
      guard let decimal = Self.decimal(text) else { throw .notANumber }
      guard UnitConversions.isDimensionless(target.unit) else { throw .unit }
      number = decimal
    case .concept, .boolean, .range, .ratio, .sampledData, .time, .dateTime, .period, .other: throw .notANumber
    }
    guard target.range.contains(number) else { throw .range }
    return (number, conversion, literal)
  }

  private static func valueNode(of holder: Node) -> Node? {
    holder.children.first { $0.name?.hasPrefix("value") == true }
  }

  /// A number in FHIR's decimal notation and nothing else (R4 datatypes.html#decimal).
  private static func decimal(_ text: String) -> Double? {
    let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
    return isDecimal ? Double(text) : nil
  }
}

/// What a value has to become: a signal's or a static's unit and range.
private struct Target {
  var unit: String
  var range: ClosedRange<Double>
  var substance: UCUM.Substance
  var isPresence: Bool

  init(_ slot: Int, of profile: FeatureProfile) {
    if slot < profile.signals.count {
      let signal = profile.signals[slot]
      (unit, range, substance, isPresence) = (signal.unit, signal.range, signal.substance, signal.presence == true)
    } else {
      let item = profile.statics[slot - profile.signals.count]
      (unit, range, substance, isPresence) = (item.unit, item.range, UCUM.Substance(), false)
    }
  }
}

extension Signal {
  /// What unit conversion has to know of the substance.
  var substance: UCUM.Substance {
    UCUM.Substance(molarMass: molarMass, valence: valence, isEnzyme: unit == "U/L" || unit == "[iU]/L")
  }
}
