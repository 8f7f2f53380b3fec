// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR

extension HookRequest {
  /// The patient's chart out of the prefetched values.
  ///
  /// Values under any key are used; a template's key is only required to be answered. A Patient resource of another id,
  /// or anything whose subject is another patient, is refused, never quietly left out: the client mixed up two charts.
  ///
  /// - Throws: `CDSHooksError.missingData` (412) when a template of the service is not answered and nothing of its type
  ///   came under another key; `.wrongPatient` (422).
  package func chart(for service: Service) throws(CDSHooksError) -> Chart {
    let resources = prefetch.flatMap(\.resources)
    for template in service.prefetch {
      let value = prefetched(template.key)
      if value?.isComplete == true { continue }
      let type = template.query.prefix { $0 != "/" && $0 != "?" }
      let isElsewhere = value == nil && resources.contains { $0.resourceType.map { $0 == type } ?? false }
      // A first page is data, though not all of it; what failed or is no resource is none.
      if case .paged = value?.state { continue }
      guard isElsewhere else {
        throw CDSHooksError(.missingData, path: "prefetch.\(template.key)", detail: template.key)
      }
    }
    // Bundles go in whole: their entries' fullUrls are what references inside them name.
    let chart = Chart(resources: prefetch.compactMap(\.content), patientID: context.patientID)
    if let issue = chart.issues.first(where: { $0.code == "other-patient" || $0.code == "ambiguous-patient" }) {
      throw CDSHooksError(.wrongPatient, path: issue.path, offset: issue.offset)
    }
    return chart
  }

  /// Keys whose value is the first page of several.
  package var incompleteKeys: [String] {
    prefetch.filter { if case .paged = $0.state { true } else { false } }.map(\.key)
  }
}
