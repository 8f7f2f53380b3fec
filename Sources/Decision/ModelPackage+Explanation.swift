// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Networks

extension ModelPackage {
  /// Adds the explanation to some findings, by their places, all in one batch. What is not assessed has none.
  func explain(_ assessment: inout ModelAssessment, _ places: [Int]) {
    let cards = places.filter { assessment.findings[$0].risk != nil }
    guard let vector = assessment.vector, !cards.isEmpty else { return }
    let attributions = ensemble.integratedGradients(
      encoder.encode(vector), baseline: encoder.encode(typical(vector)),
      of: cards.map { LogitIndex(head: predictors[$0].head) })
    let hypothetical = plausibleValues(assessment.timeline, at: vector.hour)
    let reading = profile.reading(of: assessment.timeline, atHour: vector.hour)
    let answers = logits(hypothetical, reading)
    for (index, attribution) in zip(cards, attributions) {
      let predictor = predictors[index]
      assessment.findings[index].explanation = Explanation(
        drivers: drivers(attribution, predictor.calibration, reading, assessment),
        completenessGap: attribution.completenessGap,
        typicalProbability: predictor.calibration.probability(attribution.baselineLogit),
        plausibleRanges: hypothetical.enumerated().map { row, values in
          PlausibleRange(
            title: profile.title(of: values.gap.id), unit: values.unit,
            low: (values.low, predictor.probability(answers, row: 2 * row)),
            high: (values.high, predictor.probability(answers, row: 2 * row + 1)))
        })
    }
  }

  /// The patient who is charted as this one is, at the same hour, but whose values are all typical of the training
  /// patients: what is measured stands at its training median, what is not is not, and how often and when was measured
  /// stays as it is. Against this one an explanation says what the patient's values do, and nothing else.
  func typical(_ vector: FeatureVector) -> FeatureVector {
    var typical = vector
    for (index, value) in vector.values.enumerated() where kinds[index] != .habit && value.isFinite {
      if let median = distribution.columns[index].values?.median { typical.values[index] = median }
    }
    return typical
  }

  /// The five signals that moved the probability most, by the sums of their inputs' contributions.
  ///
  /// Contributions are of the networks' logit; they are scaled so that they add up to the difference of the calibrated
  /// log-odds. Ties are broken by the order of the profile, so that the order never depends on hashing.
  private func drivers(
    _ attribution: Attribution, _ calibration: PlattScaling, _ reading: StayReading, _ assessment: ModelAssessment
  ) -> [Driver] {
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
    let change = attribution.logit - attribution.baselineLogit
    let scale =
      abs(change) < 1e-6
      ? calibration.slope
      : (calibration.logOdds(attribution.logit) - calibration.logOdds(attribution.baselineLogit)) / change
    let ranked = groups.enumerated()
      .sorted { (abs($0.element.sum), $1.offset) > (abs($1.element.sum), $0.offset) }.map(\.element)
    return ranked.prefix(5).filter { $0.sum != 0 }.map { group in
      driver(group.id, group.sum * scale, reading, assessment)
    }
  }

  private func driver(
    _ id: String, _ contribution: Double, _ reading: StayReading, _ assessment: ModelAssessment
  ) -> Driver {
    let timeline = assessment.timeline
    var driver = Driver(title: profile.title(of: id), contribution: contribution)
    func source(_ index: Int32) -> Source? {
      timeline.sources.indices.contains(Int(index)) ? timeline.sources[Int(index)] : nil
    }
    if let last = reading.latest(id) {
      driver.value = last.value
      driver.unit = profile.signals.first { $0.id == id }?.unit ?? profile.derived.first { $0.id == id }?.unit
      if profile.signals.first(where: { $0.id == id })?.presence == true {
        driver.words = last.value > 0 ? "in use" : "not in use"
      } else {
        driver.typical = trained(id)?.median
      }
      driver.instant = assessment.origin?.advanced(byHours: last.hours)
      driver.source = source(last.source)
    } else if let index = profile.statics.firstIndex(where: { $0.id == id }), timeline.statics[index].isFinite {
      driver.value = timeline.statics[index]
      driver.unit = profile.statics[index].unit
      driver.words = FeatureProfile.words(of: id, timeline.statics[index])
      if driver.words == nil { driver.typical = trained(id)?.median }
      driver.source = source(timeline.staticSources[index])
    } else if let index = profile.columns.firstIndex(where: { $0.id == id }),
      let value = assessment.vector?.values[index],
      value.isFinite
    {
      // A score or product, which is known by its column alone.
      driver.value = Double(value)
      driver.typical = distribution.columns[index].values.map { Double($0.median) }
    }
    return driver
  }
}

extension PlattScaling {
  /// ln(p/(1 − p)) of the calibrated probability of a logit.
  fileprivate func logOdds(_ logit: Double) -> Double {
    let p = probability(logit)
    return Elementary.log(p) - Elementary.log(1 - p)
  }
}
