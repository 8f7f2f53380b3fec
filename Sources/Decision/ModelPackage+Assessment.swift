// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Networks

extension ModelPackage {
  /// A finding for each outcome about the patient of a chart at an instant, from one pass through the networks.
  func assess(_ chart: Chart, at instant: Instant, _ terminology: Terminology) -> ModelAssessment {
    let timeline = profile.timeline(of: chart, at: instant, terminology: terminology)
    let asked = timeline.origin.map { instant.hours(since: $0) }
    var assessment = ModelAssessment(
      model: manifest, packageDigest: digest, hour: asked, origin: timeline.origin, findings: [], missing: [],
      stale: [], ignored: ignored(timeline), vector: nil, columnSources: [], timeline: timeline)
    let reasons = timeline.ineligibility.map { Finding.Reason($0) }
    guard reasons.isEmpty, let asked else {
      let found = reasons.isEmpty ? [Finding.Reason(Ineligibility.startUnknown)] : reasons
      assessment.findings = predictors.map { Finding(outcome: $0.outcome, conclusion: .notAssessed(found)) }
      return assessment
    }
    let hour = profile.eligibility.assessedAtHour ?? asked
    let vector = profile.vector(timeline, atHour: hour)
    assessment.hour = hour
    assessment.vector = vector
    assessment.columnSources = profile.sources(of: timeline, atHour: hour)
    assessment.missing = missing(timeline, at: hour).map { profile.signals[$0].title }
    assessment.stale = stale(timeline, at: asked)
    let logits = ensemble.logits(Matrix(row: encoder.encode(vector)))
    assessment.findings = predictors.map { finding($0, logits, timeline, hour) }
    if assessment.findings[0].risk != nil {
      assessment.findings[0].survival = survival(logits).map { SurvivalCurve(mean: $0) }
    }
    return assessment
  }

  /// What the networks' logits say of one outcome, or why nothing is said.
  private func finding(
    _ predictor: OutcomePredictor, _ logits: [[Matrix]], _ timeline: Timeline, _ hour: Double
  ) -> Finding {
    var finding = Finding(
      outcome: predictor.outcome, conclusion: .notAssessed([]), memberLogits: predictor.memberLogits(logits))
    let risk = predictor.risk(finding.memberLogits)
    var reasons: [Finding.Reason] = []
    let needs = unmetNeeds(of: predictor.outcome, timeline, at: hour)
    if !needs.isEmpty { reasons.append(Finding.Reason(needs: needs)) }
    if ![risk.probability, risk.low, risk.high].allSatisfy(\.isFinite) { reasons.append(.notFinite) }
    guard reasons.isEmpty else {
      finding.conclusion = .notAssessed(reasons)
      return finding
    }
    finding.conclusion = .assessed(risk)
    finding.recommendation = recommendation(predictor.outcome, risk, timeline, hour)
    return finding
  }

  /// The outcome's needs that nothing meets up to the hour: for each the titles of the signals of which one would do.
  private func unmetNeeds(
    of outcome: ModelManifest.Outcome, _ timeline: Timeline, at hour: Double
  ) -> [[String]] {
    outcome.requires.filter { need in
      !need.contains { profile.latest($0, timeline, atHour: hour) != nil }
    }.map { $0.map(profile.title(of:)) }
  }

  private func recommendation(
    _ outcome: ModelManifest.Outcome, _ risk: Finding.Risk, _ timeline: Timeline, _ hour: Double
  ) -> Recommendation? {
    plan.recommendation { name in
      switch name {
      case "outcome": return .text(outcome.head)
      case "band": return .text(risk.band)
      case "probability": return .number(risk.probability)
      case "hour": return .number(hour)
      default:
        guard let last = profile.latest(name, timeline, atHour: hour) else { return nil }
        // A stale value is no basis for a recommendation.
        return hour - last.hours <= staleAfter(name) ? .number(last.value) : nil
      }
    }
  }

  /// Hours for which a signal's value is current; of a derived series those of the strictest signal in it.
  private func staleAfter(_ id: String) -> Double {
    if let signal = profile.signals.first(where: { $0.id == id }) { return signal.staleAfterHours }
    let sources = profile.derived.first { $0.id == id }?.from ?? []
    return sources.map { staleAfter($0) }.min() ?? .infinity
  }
}
