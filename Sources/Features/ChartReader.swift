// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension FeatureProfile {
  /// What `chart` says of the profile's signals and statics in the ICU stay that contains `instant`, or was the last
  /// before it: values in canonical units with their sources, everything ignored with its reason, and why the stay may
  /// not be assessed, if so.
  ///
  /// Pure, and independent of the order of the chart's resources. Nothing after `instant` is used. Only codes are
  /// matched (by the profile's value sets and the hospital's maps in `terminology`), never texts.
  package func timeline(of chart: Chart, at instant: Instant, terminology: Terminology) -> Timeline {
    var reader = ChartReader(profile: self, chart: chart, instant: instant, terminology: terminology)
    return reader.read()
  }
}

/// One reading of one chart; lives as long as the reading.
struct ChartReader {
  let profile: FeatureProfile
  let chart: Chart
  let instant: Instant
  let codes: CodeTargets
  var slots: [Slot]
  var stay: ICUStay?
  var timeline: Timeline
  /// What may become samples and statics, by slot.
  var candidates: [[Candidate]]

  init(profile: FeatureProfile, chart: Chart, instant: Instant, terminology: Terminology) {
    self.profile = profile
    self.chart = chart
    self.instant = instant
    codes = CodeTargets(profile: profile, terminology: terminology)
    slots = profile.signals.map { Slot($0) } + profile.statics.map { Slot($0) }
    candidates = Array(repeating: [], count: slots.count)
    timeline = Timeline(profile)
  }

  mutating func read() -> Timeline {
    do throws(Ineligibility) {
      let found = try ICUStay(in: chart, at: instant, terminology: codes.terminology)
      stay = found
      timeline.origin = found.start
    } catch {
      timeline.ineligibility.append(error)
    }
    collect()
    settle()
    readStatics()
    timeline.ineligibility += ineligibility()
    return timeline
  }

  /// Counts a value that was read and not used.
  mutating func ignore(_ node: Node, _ reason: Exclusion, signal: String? = nil) {
    timeline.ignored.append(IgnoredValue(node: node, signal: signal, reason: reason))
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
