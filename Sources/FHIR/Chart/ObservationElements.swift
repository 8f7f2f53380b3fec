// SPDX-License-Identifier: Apache-2.0

/// Where the elements of an Observation or of one of its components stand that decide about its value, found in one pass;
/// 0, the root, where there is none.
struct ObservationElements {
  private(set) var code: UInt32 = 0
  private(set) var status: UInt32 = 0
  private(set) var component: UInt32 = 0
  private(set) var dataAbsentReason: UInt32 = 0
  private(set) var modifierExtension: UInt32 = 0
  private(set) var implicitRules: UInt32 = 0
  /// `valueQuantity`.
  private(set) var quantity: UInt32 = 0
  /// The first `value[x]` of another type.
  private(set) var otherValue: UInt32 = 0
  /// `effectiveDateTime`, else `effectiveInstant`.
  private(set) var effective: UInt32 = 0
  /// Whether there is an `effectivePeriod` or an `effectiveTiming`, or an `effective[x]` that has no value.
  private(set) var hasOtherEffective = false
  private(set) var issued: UInt32 = 0
  private(set) var focus: UInt32 = 0
  private(set) var identifier: UInt32 = 0

  init(_ tape: TapeView, _ index: UInt32) {
    let end = tape.next(index)
    var child = index + 1
    while child < end {
      switch tape.nameCount(child) {
      case 4: if tape.isNamed(child, "code") { code = child }
      case 5: if tape.isNamed(child, "focus") { focus = child }
      case 6:
        if tape.isNamed(child, "status") {
          status = child
        } else if tape.isNamed(child, "issued") {
          issued = child
        } else {
          takeValue(tape, child)
        }
      case 9: if tape.isNamed(child, "component") { component = child } else { takeValue(tape, child) }
      case 10: if tape.isNamed(child, "identifier") { identifier = child } else { takeValue(tape, child) }
      case 13:
        if tape.isNamed(child, "valueQuantity") {
          quantity = child
        } else if tape.isNamed(child, "implicitRules") {
          implicitRules = child
        } else {
          takeValue(tape, child)
        }
      case 15:
        if tape.isNamed(child, "effectivePeriod") || tape.isNamed(child, "effectiveTiming") {
          hasOtherEffective = true
        } else {
          takeValue(tape, child)
        }
      case 16:
        if tape.isNamed(child, "dataAbsentReason") {
          dataAbsentReason = child
        } else if tape.isNamed(child, "effectiveInstant") {
          if effective == 0 { effective = child }
        } else {
          takeValue(tape, child)
        }
      case 17:
        if tape.isNamed(child, "effectiveDateTime") {
          effective = child
        } else if tape.isNamed(child, "modifierExtension") {
          modifierExtension = child
        } else {
          takeValue(tape, child)
        }
      case 18: if tape.isNamed(child, "_effectiveDateTime") { hasOtherEffective = true } else { takeValue(tape, child) }
      case let length: if length > 4 { takeValue(tape, child) }
      }
      child = tape.next(child)
    }
  }

  private mutating func takeValue(_ tape: TapeView, _ child: UInt32) {
    guard tape.nameStart(child) == UInt8(ascii: "v") else { return }
    if otherValue == 0, tape.isName(child, startingWith: "value") { otherValue = child }
  }

  /// What the Observation says for itself and its components.
  ///
  /// - Parameter observation: the same, for what stands seldom.
  func context(_ tape: TapeView, _ observation: () -> Observation) -> ObservationTable.Context {
    var time: DateTime?
    var isTimed = effective != 0
    if effective != 0 {
      time = tape.dateTime(effective)
    } else if hasOtherEffective {
      let observation = observation()
      (time, isTimed) = (observation.effective?.known, observation.hasEffective)
    } else if issued != 0 {
      (time, isTimed) = (tape.dateTime(issued), true)
    }
    return ObservationTable.Context(
      isUsable: status != 0 && Observation.Status.isUsable(status, tape),
      isModified: implicitRules != 0 || tape.isFilled(modifierExtension),
      isOfAnother: tape.isFilled(focus) && observation().hasOtherFocus, time: time,
      isTimeInvalid: time == nil && isTimed)
  }
}

extension Observation.Status {
  /// Whether the code at `index` is one of those that `isUsable` names.
  static func isUsable(_ index: UInt32, _ tape: TapeView) -> Bool {
    tape.equals(index, "final") || tape.equals(index, "preliminary") || tape.equals(index, "amended")
      || tape.equals(index, "corrected") || tape.equals(index, "appended")
  }
}

extension TapeView {
  /// Whether a repeating element is there; 0 stands for none.
  func isFilled(_ index: UInt32) -> Bool { index != 0 && (kind(index) != .array || children(index) > 0) }

  /// The content of a string; nil for all else.
  func string(_ index: UInt32) -> TextSlice? { kind(index) == .string ? TextSlice(text: self, index) : nil }

  /// The value of a number; nil for all else and where it is beyond the range of `Double`.
  func double(_ index: UInt32) -> Double? { kind(index) == .number ? unsafe Decimal.double(text(index)) : nil }

  /// The date or time in a string; nil where there is none by FHIR's grammar.
  func dateTime(_ index: UInt32) -> DateTime? { kind(index) == .string ? unsafe DateTime(utf8: text(index)) : nil }
}
