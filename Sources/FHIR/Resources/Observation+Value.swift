// SPDX-License-Identifier: Apache-2.0

extension Observation {
  /// The result: one of the types that `value[x]` allows (R4 and R5 observation.html).
  package enum Value: Sendable {
    case quantity(Quantity)
    case concept(CodeableConcept)
    /// The text; a number in it is no measurement until a profile says so.
    case string(String)
    case boolean(Bool)
    case integer(Double)
    case range(low: Quantity?, high: Quantity?)
    case ratio(numerator: Quantity?, denominator: Quantity?)
    case sampledData(SampledData)
    case time(String)
    case dateTime(DateTime)
    case period(Period)
    /// R5's Attachment and Reference, and dates that break FHIR's grammar.
    case other(Node)

    /// The `value[x]` of an Observation or component.
    package init?(of node: Node) {
      let tape = node.tape
      guard tape.view.kind(node.index) == .object else { return nil }
      let end = tape.view.next(node.index)
      var child = node.index + 1
      while child < end {
        let name = unsafe tape.view.name(child)
        if name.count > 5, unsafe equal(name.baseAddress, StaticString("value").utf8Start, 5),
          let value = Value(Node(tape: tape, index: child))
        {
          self = value
          return
        }
        child = tape.view.next(child)
      }
      return nil
    }

    private init?(_ member: Node) {
      func named(_ name: StaticString) -> Bool { member.tape.view.isNamed(member.index, name) }
      if named("valueQuantity") {
        self = .quantity(Quantity(member))
      } else if named("valueCodeableConcept") {
        self = .concept(CodeableConcept(member))
      } else if named("valueString"), let text = member.string {
        self = .string(text)
      } else if named("valueBoolean"), let value = member.boolean {
        self = .boolean(value)
      } else if named("valueInteger"), let value = member.double {
        self = .integer(value)
      } else if named("valueRange") {
        self = .range(low: member["low"].map(Quantity.init), high: member["high"].map(Quantity.init))
      } else if named("valueRatio") {
        self = .ratio(
          numerator: member["numerator"].map(Quantity.init), denominator: member["denominator"].map(Quantity.init))
      } else if named("valueSampledData") {
        self = .sampledData(SampledData(node: member))
      } else if named("valueTime"), let text = member.string {
        self = .time(text)
      } else if named("valueDateTime"), let value = member.dateTime {
        self = .dateTime(value)
      } else if named("valuePeriod") {
        self = .period(Period(member))
      } else if named("valueDateTime") || named("valueAttachment") || named("valueReference") {
        self = .other(member)
      } else {
        return nil
      }
    }
  }
}

/// A series of measurements from a device (R4 datatypes.html#SampledData).
package struct SampledData: Sendable {
  /// The element.
  package let node: Node

  /// The zero value and the units.
  package var origin: Quantity? { node["origin"].map(Quantity.init) }
  /// Milliseconds between samples (R5 `interval` where `intervalUnit` is `ms`).
  package var period: Double? {
    node["period"]?.double ?? (node["intervalUnit"]?.equals("ms") == true ? node["interval"]?.double : nil)
  }
  /// What a sample is multiplied by before the origin is added.
  package var factor: Double { node["factor"]?.double ?? 1 }
  /// Samples at each point in time.
  package var dimensions: Int { node["dimensions"]?.double.flatMap { Int(exactly: $0) } ?? 1 }

  /// The measurements in the origin's unit; nil for E (error), U and L (beyond the detection limits) and for text
  /// that is no number.
  package var values: [Double?] {
    guard let text = node["data"]?.string else { return [] }
    let base = origin?.value ?? 0
    return text.split(separator: " ").map { part in Decimal.double(String(part)).map { $0 * factor + base } }
  }
}
