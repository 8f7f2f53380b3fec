// SPDX-License-Identifier: Apache-2.0
import CDSHooks
package import FHIR

/// A finding that a service asked at this moment would have judged, and where it stands in the assessment.
package struct PlacedCandidate: Sendable, Equatable {
  /// The model's place, and the finding's among its findings.
  package var model: Int
  package var finding: Int
  package var candidate: AlertCandidate
}

extension Assessor {
  /// What a service would have judged at the instant of an assessment, had it been asked about the chart without drafts of orders. Of
  /// the chart's orders those count that were written by then.
  package func candidates(
    _ chart: Chart, _ assessment: Assessment, shows: ServiceDefinition.Shows
  ) -> [PlacedCandidate] {
    let orders = OrdersInPlace(
      drafts: [], chart: chart, encounterID: nil, since: assessment.stayOrigin, until: assessment.instant,
      terminology: terminology)
    let unit = chart.unit(at: assessment.instant, encounterID: nil)
    return assessment.cardPlaces.map { place in
      let model = assessment.models[place.model]
      let finding = model.findings[place.finding]
      let recommended = finding.recommendation?.orders.compactMap(\.self) ?? []
      return PlacedCandidate(
        model: place.model, finding: place.finding,
        candidate: AlertCandidate(
          finding, of: model.model.id, isTreated: !recommended.isEmpty && recommended.allSatisfy(orders.contains),
          isCautioned: false, shows: shows, unit: unit))
    }
  }
}

extension AlertCandidate {
  /// A finding as a hook judges it.
  ///
  /// - Parameter isCautioned: whether it speaks to a draft; then every hook shows it.
  init(
    _ finding: Finding, of model: String, isTreated: Bool, isCautioned: Bool, shows: ServiceDefinition.Shows,
    unit: String?
  ) {
    self.init(
      model: model, outcome: finding.outcome.head, probability: finding.risk?.probability,
      indicator: finding.indicator.rawValue, isTreated: isTreated, isCautioned: isCautioned,
      isOfHook: shows.includes(finding) || isCautioned, unit: unit)
  }
}

extension ServiceDefinition.Shows {
  fileprivate func includes(_ finding: Finding) -> Bool {
    switch self {
    case .all: true
    case .assessed: finding.risk != nil
    case .urgent: ["urgent", "asap", "stat"].contains(finding.recommendation?.priority ?? "")
    }
  }
}
