// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Training

/// What a chart itself says became of the patient of a stay in intensive care: death in hospital, survival, sepsis. What it does not
/// say is nil; docs/labels.md has the definitions.
package struct HospitalCourse: Sendable, Equatable {
  /// Death in the hospital stay that holds the admission to intensive care, and days to a recorded death.
  package private(set) var hospital: HospitalOutcome?
  /// Hours from the admission to intensive care to the onset of a coded sepsis; a nil inside: diagnoses are coded, none is sepsis.
  package private(set) var sepsisOnset: Double??
  /// Sepsis is coded for the stay without a time.
  package private(set) var hasUntimedSepsis = false

  /// Reads the chart for the stay that began at `admission`.
  package init(_ chart: Chart, admission: Instant) {
    let stays = chart.encounters.filter { !$0.isExcluded && Self.holds($0, admission) }
    hospital = Self.death(chart, stays, admission)
    sepsis(chart, stays, admission)
  }

  private static func holds(_ encounter: Encounter, _ instant: Instant) -> Bool {
    guard let period = encounter.period, let start = period.start?.earliest, start <= instant else { return false }
    return period.end.map { $0.latest >= instant } ?? true
  }

  private static func death(_ chart: Chart, _ stays: [Encounter], _ admission: Instant) -> HospitalOutcome? {
    let deceased = chart.patient?.deceased
    let days = deceased.map { max(0, $0.earliest.hours(since: admission) / 24) }
    func outcome(_ died: Bool) -> HospitalOutcome {
      HospitalOutcome(died: died, survivalDays: days, isSurvivalValid: days != nil || !died)
    }
    // HL7's code for a discharge by death (R4 valueset-encounter-discharge-disposition.html).
    if stays.contains(where: { stay in
      stay.admission?.concept("dischargeDisposition")?.contains(
        "http://terminology.hl7.org/CodeSystem/discharge-disposition", "exp") == true
    }) {
      return outcome(true)
    }
    // The hospital stay is the longest that holds the admission.
    let ends = stays.compactMap { $0.period?.end?.latest }
    guard ends.count == stays.count, let end = ends.max() else { return nil }
    if let deceased { return outcome(deceased.latest >= admission && deceased.earliest <= end) }
    // Dead, but nobody says when.
    return chart.patient?.isDeceased == true ? nil : outcome(false)
  }

  private mutating func sepsis(_ chart: Chart, _ stays: [Encounter], _ admission: Instant) {
    let ids = Set(stays.compactMap(\.id))
    let end = stays.compactMap { $0.period?.end?.latest }.max()
    var references = chart.references
    var isCoded = false
    var onset: Double?
    for condition in chart.conditions where !condition.isExcluded {
      let encounter = condition.encounter.flatMap { references.resolve($0, in: condition.node)?["id"]?.string }
      let began = condition.onset.flatMap { $0.hasTimeZone ? $0.earliest : nil }
      let isOfStay =
        encounter.map(ids.contains) ?? began.map { began in began >= admission && end.map { began <= $0 } ?? true }
        ?? false
      guard isOfStay else { continue }
      isCoded = true
      guard condition.code?.codings.contains(where: Self.isSepsis) == true else { continue }
      guard let began else {
        hasUntimedSepsis = true
        continue
      }
      let hours = began.hours(since: admission)
      onset = min(onset ?? hours, hours)
    }
    if isCoded, !hasUntimedSepsis || onset != nil { sepsisOnset = .some(onset) }
  }

  /// Sepsis by SNOMED CT, ICD-10 and ICD-9-CM, with or without the dot.
  private static func isSepsis(_ coding: Coding) -> Bool {
    guard let system = coding.system?.lowercased(), let code = coding.code else { return false }
    let bare = code.replacing(".", with: "").uppercased()
    if system.contains("icd-10") || system.contains("icd10") {
      return ["A40", "A41", "R652"].contains { bare.hasPrefix($0) }
    }
    if system.contains("icd-9") || system.contains("icd9") {
      return ["038", "99591", "99592", "78552"].contains { bare.hasPrefix($0) }
    }
    return system == "http://snomed.info/sct" && ["91302008", "76571007", "10001005", "448417001"].contains(bare)
  }
}
