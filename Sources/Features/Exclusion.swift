// SPDX-License-Identifier: Apache-2.0

/// Why a value that was read is not used. The list is closed; the raw values are permanent.
package enum Exclusion: String, Error, Sendable, CaseIterable {
  /// `status` is not preliminary, final, amended or corrected: registered, cancelled, entered-in-error, unknown, none.
  case status
  /// `modifierExtension` or `implicitRules` change the meaning in a way that is not understood.
  case modifier
  /// `focus`: it is about something else than the patient, such as a fetus or a donor.
  case focus
  /// Another Observation with the same identifier and code is a later state of it.
  case superseded
  /// No coding of it is in any of the profile's value sets.
  case unmapped
  /// Its codings name different signals.
  case contradictoryCodes = "contradictory-codes"
  /// `dataAbsentReason` says that there is no value.
  case absent
  /// Neither value nor component.
  case noValue = "no-value"
  /// The value is no single number.
  case notANumber = "not-a-number"
  /// `comparator`: a bound, not a value. A bound used as a value would be a guess, so it counts as missing.
  case comparator
  /// The unit is missing, unknown, or does not convert to the signal's.
  case unit
  /// `unit` and `code` of the quantity say different units of the same kind.
  case contradictoryUnits = "contradictory-units"
  /// Outside the signal's plausible range.
  case range
  /// No effective time, and no `issued`; or it is said to be unknown.
  case noTime = "no-time"
  /// The time breaks FHIR's grammar, as one with an hour and no time zone does.
  case invalidTime = "invalid-time"
  /// The time is a date, a month or a year; or it has no time zone.
  case impreciseTime = "imprecise-time"
  /// After the instant of the assessment.
  case future
  /// Before ICU admission.
  case beforeAdmission = "before-admission"
  /// After the end of the ICU stay.
  case afterStay = "after-stay"
  /// There is no ICU stay with a known start in whose hours it could be placed.
  case noStay = "no-stay"
  /// The same value of the same signal at the same instant again.
  case duplicate
  /// Another value of the same signal at the same instant was preferred.
  case conflict

  /// What a person reads.
  package var text: String {
    switch self {
    case .status: "status says it is not a result"
    case .modifier: "modifier extension not understood"
    case .focus: "about something other than the patient (focus)"
    case .superseded: "a later state of the same observation is used"
    case .unmapped: "code in no value set of the profile"
    case .contradictoryCodes: "codes name different signals"
    case .absent: "data absent reason given"
    case .noValue: "no value"
    case .notANumber: "value is not a single number"
    case .comparator: "a bound (<, >), not a value"
    case .unit: "unit missing, unknown or not convertible"
    case .contradictoryUnits: "unit text and unit code contradict"
    case .range: "outside the plausible range"
    case .noTime: "no time"
    case .invalidTime: "time breaks FHIR's grammar, as without a zone"
    case .impreciseTime: "time without hour or time zone"
    case .future: "after the instant of the assessment"
    case .beforeAdmission: "before ICU admission"
    case .afterStay: "after the ICU stay"
    case .noStay: "no ICU stay with a known start"
    case .duplicate: "same value at the same instant again"
    case .conflict: "another value at the same instant preferred"
    }
  }
}
