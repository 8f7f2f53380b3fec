// SPDX-License-Identifier: Apache-2.0
import FHIR

/// One reading of one chart; lives as long as the reading.
struct ChartReading {
  let reader: ChartReader
  let chart: Chart
  let observations: ObservationTable
  let instant: Instant
  var stay: ICUStay?
  /// ICU admission and the end of the stay.
  var bounds: (start: Instant, end: Instant)?
  var timeline: Timeline
  /// What may become samples and statics, in the order of the chart.
  var candidates: [Candidate] = []
  /// How values of each written unit become values of each slot, as far as met.
  var conversions: UnitConversions

  var profile: FeatureProfile { reader.profile }
  var terminology: Terminology { reader.terminology }

  init(_ reader: ChartReader, _ chart: Chart, _ observations: ObservationTable, _ instant: Instant) {
    self.reader = reader
    self.chart = chart
    self.observations = observations
    self.instant = instant
    timeline = Timeline(reader.profile)
    conversions = UnitConversions(slots: reader.slots, units: observations.units)
  }

  mutating func read() -> Timeline {
    do throws(Ineligibility) {
      let found = try ICUStay(in: chart, at: instant, terminology: terminology)
      stay = found
      timeline.origin = found.start
      bounds = (found.start, found.end ?? Instant(milliseconds: .max))
    } catch {
      timeline.ineligibility.append(error)
    }
    collect()
    let bySlot = placesBySlot()
    settle(bySlot)
    readStatics(bySlot)
    timeline.ineligibility += ineligibility()
    let provenance = Provenance(chart, observations, conversions: conversions.texts, signals: reader.slotIDs)
    timeline.sources.provenance = provenance
    timeline.ignored.provenance = provenance
    return timeline
  }

  /// Why the stay, if one was found, may not be assessed.
  private func ineligibility() -> [Ineligibility] {
    var reasons: [Ineligibility] = []
    let rule = profile.eligibility
    if let patient = chart.patient {
      // Without a time, or with one that cannot be read, a death counts as before.
      if patient.isDeceased == true, patient.deceased.map({ $0.earliest <= instant }) ?? true {
        reasons.append(.deceased)
      }
    } else {
      reasons.append(.noPatient)
    }
    guard let stay else { return reasons }
    if chart.patient != nil {
      if let age = age(in: stay) {
        if Double(age.most) < rule.minimumAgeYears {
          reasons.append(.tooYoung(minimumAge: rule.minimumAgeYears))
        } else if Double(age.least) < rule.minimumAgeYears {
          reasons.append(.ageUnknown)
        }
      } else {
        reasons.append(.ageUnknown)
      }
    }
    if let end = stay.end, end < instant {
      reasons.append(.stayEnded(hours: instant.hours(since: end)))
    }
    let hour = instant.hours(since: stay.start)
    if hour < rule.fromHour { reasons.append(.tooEarly(hour: hour, trained: rule.hours)) }
    if hour > rule.toHour { reasons.append(.tooLate(hour: hour, trained: rule.hours)) }
    if let newest = timeline.samples.compactMap(\.last?.hours).max() {
      if profile.staleSignals(in: timeline, atHour: hour).count == timeline.samples.count(where: { !$0.isEmpty }) {
        reasons.append(.allStale(hours: hour - newest))
      }
    } else {
      reasons.append(.noValues)
    }
    return reasons
  }

  /// The age at ICU admission, by the calendar of the place of care.
  func age(in stay: ICUStay) -> Age? {
    chart.patient?.node["birthDate"]?.text.flatMap { Age(birthDate: $0, on: stay.startText) }
  }
}
