// SPDX-License-Identifier: Apache-2.0

/// Why a stay is not assessed. The list is closed; `text` completes "not assessed, because ...".
package enum Ineligibility: Error, Sendable, Equatable {
  /// The chart holds no Patient resource.
  case noPatient
  /// The patient died before the instant, or is said to be dead without a time.
  case deceased
  /// No encounter or location coded as intensive care.
  case noICUStay
  /// The only ICU stays begin after the instant.
  case beforeICUStay
  /// The current ICU stay has no start, or one without hour or time zone.
  case startUnknown
  /// The last ICU stay ended this many hours before the instant.
  case stayEnded(hours: Double)
  /// The birth date is missing or too vague to tell the age at ICU admission.
  case ageUnknown
  /// Younger at ICU admission than the profile allows.
  case tooYoung(minimumAge: Double)
  /// Hour of the stay before the first the model was trained for.
  case tooEarly(hour: Double, trained: ClosedRange<Double>)
  /// Hour of the stay after the last the model was trained for.
  case tooLate(hour: Double, trained: ClosedRange<Double>)
  /// No usable value of any signal since ICU admission.
  case noValues
  /// Every signal's last value is older than the profile allows; the newest is this many hours old.
  case allStale(hours: Double)

  /// Permanent name of the reason.
  package var code: String {
    switch self {
    case .noPatient: "no-patient"
    case .deceased: "deceased"
    case .noICUStay: "no-icu-stay"
    case .beforeICUStay: "before-icu-stay"
    case .startUnknown: "icu-start-unknown"
    case .stayEnded: "icu-stay-ended"
    case .ageUnknown: "age-unknown"
    case .tooYoung: "too-young"
    case .tooEarly: "too-early"
    case .tooLate: "too-late"
    case .noValues: "no-values"
    case .allStale: "all-stale"
    }
  }

  /// What a person reads after "not assessed, because".
  package var text: String {
    switch self {
    case .noPatient: "the chart holds no patient record"
    case .deceased: "the patient is recorded as deceased"
    case .noICUStay: "the chart shows no stay in an intensive care unit"
    case .beforeICUStay: "the intensive care stay begins after the time of assessment"
    case .startUnknown: "the start of the intensive care stay is not known"
    case .stayEnded(let hours): "the intensive care stay ended \(Self.age(hours)) before the time of assessment"
    case .ageUnknown: "the age at admission cannot be told from the birth date"
    case .tooYoung(let minimumAge): "the patient was younger than \(Int(minimumAge)) years at admission"
    case .tooEarly(let hour, let trained), .tooLate(let hour, let trained):
      "it is hour \(Self.whole(hour)) of the intensive care stay and the model answers \(Self.hours(trained)) only"
    case .noValues: "the chart holds no usable measurement since admission to intensive care"
    case .allStale(let hours): "nothing was measured in the last \(Self.age(hours))"
    }
  }

  /// The hours that a model was trained for; a range of one hour is the hour that begins there.
  private static func hours(_ trained: ClosedRange<Double>) -> String {
    trained.upperBound - trained.lowerBound <= 1
      ? "at hour \(whole(trained.lowerBound))"
      : "from hour \(whole(trained.lowerBound)) to hour \(whole(trained.upperBound))"
  }

  /// Whole hours, rounded down: the hour of the stay that has been reached.
  private static func whole(_ hours: Double) -> String {
    String(Int(max(-1e9, min(1e9, hours.rounded(.down)))))
  }

  /// An age in the unit a reader thinks in.
  private static func age(_ hours: Double) -> String {
    hours < 1 ? "\(whole(hours * 60)) min" : hours < 72 ? "\(whole(hours)) h" : "\(whole(hours / 24)) days"
  }
}
