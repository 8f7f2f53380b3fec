// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// When a card adds something: what holds back a finding that a hook would show (`alerting` in a service's definition).
///
/// A member that is absent holds nothing back. A finding without a probability says that nothing is said; only `shadow`
/// holds it back. What became more urgent since it was last seen is shown whatever was seen before.
package struct AlertPolicy: Sendable, Equatable, Codable {
  /// Nothing is shown; the record has what would have been.
  package var shadow: Bool?
  /// By outcome, the probability below which a finding is not shown, whatever its band.
  package var thresholds: [String: Double]?
  /// Hours for which a finding is not shown again to those who treat the patient, once a clinician accepted or set aside
  /// its card.
  package var acknowledgedHours: Double?
  /// Hours for which a finding is not shown again once it was; a critical one is shown all the same.
  package var coolDownHours: Double?
  /// Whether a finding is held back once every order that it recommends is in place; a critical one asks for more than orders
  /// and is shown all the same.
  package var holdsTreated: Bool?
  /// The most cards shown on one unit within an hour; a critical one is shown all the same.
  package var unitCeiling: Int?

  /// A policy that holds back what it is told to.
  package init(
    shadow: Bool? = nil, thresholds: [String: Double]? = nil, acknowledgedHours: Double? = nil,
    coolDownHours: Double? = nil, holdsTreated: Bool? = nil, unitCeiling: Int? = nil
  ) {
    self.shadow = shadow
    self.thresholds = thresholds
    self.acknowledgedHours = acknowledgedHours
    self.coolDownHours = coolDownHours
    self.holdsTreated = holdsTreated
    self.unitCeiling = unitCeiling
  }

  /// Hours of the past that it asks about.
  package var memoryHours: Double {
    max(acknowledgedHours ?? 0, coolDownHours ?? 0, unitCeiling == nil ? 0 : AlertHistory.ceilingHours)
  }

  /// Why a finding is held back; nil when it is shown.
  ///
  /// - Parameters:
  ///   - history: what was seen of this patient's findings, and how much on the unit.
  ///   - shownNow: how many cards of this answer are shown already.
  package func reason(
    toHold candidate: AlertCandidate, _ history: AlertHistory, at instant: Instant, shownNow: Int = 0
  ) -> AlertSuppression? {
    if shadow == true { return .shadow }
    guard let probability = candidate.probability else { return nil }
    if let least = thresholds?[candidate.outcome], probability < least { return .belowThreshold }
    // A caution speaks to what is being ordered now: that was not seen before.
    if candidate.isCautioned { return nil }
    let isCritical = candidate.indicator == "critical"
    func isRecent(_ event: AlertHistory.Event?, _ hours: Double?) -> Bool {
      guard let event, let hours else { return false }
      return instant.hours(since: event.instant) < hours && candidate.urgency <= event.urgency
    }
    if isRecent(history.acknowledgement(of: candidate), acknowledgedHours) { return .acknowledged }
    if holdsTreated == true, candidate.isTreated, !isCritical { return .alreadyTreated }
    if !isCritical, isRecent(history.showing(of: candidate), coolDownHours) { return .coolDown }
    if let unitCeiling, let unit = candidate.unit, !isCritical,
      history.shownOnUnits[unit, default: 0] + shownNow >= unitCeiling
    {
      return .unitCeiling
    }
    return nil
  }

  /// Why each finding of one answer is held back, in their order; nil for one that is shown, which counts for those after it.
  package func reasons(
    toHold candidates: [AlertCandidate], _ history: AlertHistory, at instant: Instant
  ) -> [AlertSuppression?] {
    var shown = 0
    return candidates.map { candidate in
      let reason = candidate.isOfHook ? reason(toHold: candidate, history, at: instant, shownNow: shown) : .hook
      if reason == nil { shown += 1 }
      return reason
    }
  }

  /// All of it as text, for a digest.
  var content: String {
    let numbers = [acknowledgedHours, coolDownHours, unitCeiling.map(Double.init)].map { $0.map { "\($0)" } ?? "" }
    let least = (thresholds ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return (numbers + ["\(shadow == true)", "\(holdsTreated == true)"] + least).joined(separator: "|")
  }

  /// What of it cannot be meant; nil when it may be used.
  package var fault: String? {
    let hours = [acknowledgedHours, coolDownHours].compactMap { $0 }
    if hours.contains(where: { !$0.isFinite || $0 < 0 || $0 > 24 * 366 }) { return "hours outside 0 to 8784" }
    if let unitCeiling, unitCeiling < 1 { return "a ceiling below one card" }
    if thresholds?.values.contains(where: { !(0...1).contains($0) }) == true { return "a threshold outside 0 to 1" }
    return nil
  }
}

/// Why a finding that a hook would show is held back. The raw values are permanent: they stand in records.
package enum AlertSuppression: String, Sendable, CaseIterable {
  /// The hook does not show findings like it.
  case hook
  /// The service answers without showing anything, to be watched first.
  case shadow
  /// Its probability is below the service's threshold for the outcome.
  case belowThreshold = "below-threshold"
  /// A clinician accepted or set aside its card a short time ago.
  case acknowledged
  /// Every order that it recommends is in place.
  case alreadyTreated = "already-treated"
  /// It was shown a short time ago.
  case coolDown = "cool-down"
  /// The unit was shown as many cards within the hour as it is to be.
  case unitCeiling = "unit-ceiling"
}
