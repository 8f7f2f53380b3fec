// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Networks

extension ModelPackage {
  /// Adds the explanation to the findings that become cards.
  func explain(_ assessment: inout ModelAssessment) {
    guard let vector = assessment.vector else { return }
    let input = encoder.encode(vector)
    for index in assessment.findings.indices
    where assessment.becomesCard(index) && assessment.findings[index].risk != nil {
      assessment.findings[index].explanation = explanation(predictors[index], input, assessment.timeline, vector.hour)
    }
  }

  /// Integrated gradients of the mean logit from a patient of whom nothing is known, summed by signal.
  ///
  /// Ties are broken by the order of the profile, so that the order never depends on hashing.
  private func explanation(
    _ predictor: OutcomePredictor, _ input: [Float], _ timeline: Timeline, _ hour: Double
  ) -> Explanation {
    let nothing = encoder.encode(profile.vector(Timeline(profile), atHour: hour))
    let attribution = ensemble.integratedGradients(
      input, baseline: nothing, of: [LogitIndex(head: predictor.head)])[0]
    var groups: [(id: String, sum: Double)] = []
    var places: [String: Int] = [:]
    for (group, contribution) in zip(encoder.groups, attribution.contributions) {
      if let place = places[group] {
        groups[place].sum += contribution
      } else {
        places[group] = groups.count
        groups.append((group, contribution))
      }
    }
    let ranked = groups.enumerated()
      .sorted { (abs($0.element.sum), $1.offset) > (abs($1.element.sum), $0.offset) }.map(\.element)
    let drivers = ranked.prefix(5).filter { $0.sum != 0 }.map { group in
      driver(group.id, group.sum * predictor.calibration.slope, timeline, hour)
    }
    return Explanation(drivers: drivers, completenessGap: attribution.completenessGap)
  }

  private func driver(_ id: String, _ contribution: Double, _ timeline: Timeline, _ hour: Double) -> Driver {
    var driver = Driver(title: profile.title(of: id), contribution: contribution)
    func source(_ index: Int32) -> Source? {
      timeline.sources.indices.contains(Int(index)) ? timeline.sources[Int(index)] : nil
    }
    if let last = profile.latest(id, timeline, atHour: hour) {
      driver.value = last.value
      driver.unit = profile.signals.first { $0.id == id }?.unit ?? profile.derived.first { $0.id == id }?.unit
      driver.instant = timeline.origin?.advanced(byHours: last.hours)
      driver.source = source(last.source)
    } else if let index = profile.statics.firstIndex(where: { $0.id == id }), timeline.statics[index].isFinite {
      driver.value = timeline.statics[index]
      driver.unit = profile.statics[index].unit
      driver.source = source(timeline.staticSources[index])
    }
    return driver
  }
}
