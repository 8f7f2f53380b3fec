// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Networks

extension ModelPackage {
  /// A finding for each outcome about a patient at an instant, from one pass through the networks.
  ///
  /// - Parameters:
  ///   - timeline: what the chart says of the package's profile up to the instant.
  ///   - isStopped: the networks are not asked, and every finding says so.
  func assess(_ timeline: Timeline, at instant: Instant, isStopped: Bool = false) -> ModelAssessment {
    let asked = timeline.origin.map { instant.hours(since: $0) }
    var assessment = ModelAssessment(
      model: manifest, packageDigest: digest, hour: asked, origin: timeline.origin, findings: [],
      groups: profile.subgroups(of: timeline, atHour: asked), missing: [], stale: [], ignored: ignored(timeline),
      vector: nil, columnSources: ColumnSources(), timeline: timeline)
    let reasons = isStopped ? [.stopped] : timeline.ineligibility.map { Finding.Reason($0) }
    guard reasons.isEmpty, let asked else {
      let found = reasons.isEmpty ? [Finding.Reason(Ineligibility.startUnknown)] : reasons
      assessment.findings = predictors.map { Finding(outcome: $0.outcome, conclusion: .notAssessed(found)) }
      return assessment
    }
    let reading = profile.reading(of: timeline, atHour: asked)
    let vector = reading.vector
    assessment.vector = vector
    assessment.columnSources = reading.sources
    assessment.missing = gaps(timeline, at: asked).map { profile.title(of: $0.id) }
    assessment.stale = stale(timeline, at: asked)
    assessment.unlikeness = unlikeness(of: vector.values)
    let logits = ensemble.logits(Matrix(row: encoder.encode(vector)))
    assessment.findings = predictors.map { finding($0, logits, assessment, reading) }
    if assessment.findings[0].risk != nil {
      assessment.findings[0].survival = survival(logits).map { SurvivalCurve(mean: $0) }
    }
    return assessment
  }

  /// What the networks' logits say of one outcome, or why nothing is said.
  private func finding(
    _ predictor: OutcomePredictor, _ logits: [[Matrix]], _ assessment: ModelAssessment, _ reading: StayReading
  ) -> Finding {
    var finding = Finding(
      outcome: predictor.outcome, conclusion: .notAssessed([]), memberLogits: predictor.memberLogits(logits))
    let risk = predictor.risk(finding.memberLogits, groups: assessment.groups)
    let reasons = reasons(
      toHold: risk, of: predictor.outcome, hour: reading.hour, excluding: excluding(predictor.outcome, assessment),
      unlikeness: assessment.unlikeness
    ) { isCurrent($0, reading) }
    guard reasons.isEmpty else {
      finding.conclusion = .notAssessed(reasons)
      return finding
    }
    finding.conclusion = .assessed(risk)
    finding.recommendation = recommendation(predictor.outcome, risk, reading)
    return finding
  }

  /// Why nothing is stated of an outcome of a patient who may be assessed, whether a chart or a row of features is at hand; empty
  /// when the risk is stated.
  ///
  /// - Parameters:
  ///   - excluding: why the patient is none of those of whom the networks learned.
  ///   - isCurrent: whether a signal or derived series has a value that is not stale.
  func reasons(
    toHold risk: Finding.Risk, of outcome: ModelManifest.Outcome, hour: Double, excluding: Finding.Reason?,
    unlikeness: Unlikeness?, isCurrent: (String) -> Bool
  ) -> [Finding.Reason] {
    var reasons: [Finding.Reason] = []
    let needs = outcome.requires.filter { need in !need.contains(where: isCurrent) }
    if !needs.isEmpty { reasons.append(Finding.Reason(needs: needs.map { $0.map(profile.title(of:)) })) }
    let hours = profile.eligibility.hours
    if let last = outcome.lastHour, hour > last, hour <= hours.upperBound {
      let trained = hours.lowerBound...max(hours.lowerBound, last)
      reasons.append(Finding.Reason(Ineligibility.tooLate(hour: hour, trained: trained)))
    }
    if let excluding { reasons.append(excluding) }
    if let unlikeness, unlikeness.isAlarm { reasons.append(Finding.Reason(unlikeness)) }
    if ![risk.probability, risk.low, risk.high].allSatisfy(\.isFinite) { reasons.append(.notFinite) }
    return reasons
  }

  /// Whether a signal or derived series has a value that is not stale. What was measured long ago is no basis for a
  /// statement about now.
  private func isCurrent(_ id: String, _ reading: StayReading) -> Bool {
    reading.latest(id).map { reading.hour - $0.hours <= staleAfter(id) } ?? false
  }

  /// Why the patient is none of those of whom the networks learned when the outcome's state begins; nil when there is no
  /// such reason.
  private func excluding(_ outcome: ModelManifest.Outcome, _ assessment: ModelAssessment) -> Finding.Reason? {
    guard let criterion = outcome.excludes, let hour = assessment.hour else { return nil }
    switch criterion.course(of: assessment.timeline, profile: profile).state(atHour: hour) {
    case .absent: return nil
    case .unknown: return .stateUnknown
    case .present(let judgement):
      return Finding.Reason(
        presentBy: profile.title(of: judgement.signal), at: assessment.origin?.advanced(byHours: judgement.hours))
    }
  }

  private func recommendation(
    _ outcome: ModelManifest.Outcome, _ risk: Finding.Risk, _ reading: StayReading
  ) -> Recommendation? {
    plan.recommendation { name in
      switch name {
      case "outcome": return .text(outcome.head)
      case "band": return .text(risk.band)
      case "probability": return .number(risk.probability)
      case "hour": return .number(reading.hour)
      default:
        guard let last = reading.latest(name) else { return nil }
        // A stale value is no basis for a recommendation.
        return reading.hour - last.hours <= staleAfter(name) ? .number(last.value) : nil
      }
    }
  }

  /// Hours for which a signal's value is current; of a derived series those of the strictest signal in it.
  func staleAfter(_ id: String) -> Double {
    if let signal = profile.signals.first(where: { $0.id == id }) { return signal.staleAfterHours }
    let sources = profile.derived.first { $0.id == id }?.from ?? []
    return sources.map { staleAfter($0) }.min() ?? .infinity
  }
}
