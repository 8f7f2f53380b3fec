// SPDX-License-Identifier: Apache-2.0
package import CDSHooks

extension Service {
  /// The service that reads a chart and answers with one diagnosis and one prognosis card.
  package static let patientRisk = Service(
    hook: "patient-view", id: "patient-risk", title: "Risk in intensive care",
    description: """
      Reads the chart of an adult in intensive care and says how probable sepsis in the next hours and death in hospital \
      are, what moved each probability, what was missing, and which options there are. Where the chart gives no basis it \
      says so.
      """,
    prefetch: [
      Template(key: "patient", query: "Patient/{{context.patientId}}"),
      Template(key: "encounters", query: "Encounter?patient={{context.patientId}}&_include=Encounter:location"),
      Template(
        key: "observations",
        query: "Observation?patient={{context.patientId}}&_sort=-date&_count=1000"),
    ],
    usageRequirements: "FHIR R4. Observations coded in LOINC with UCUM units; the intensive care stay as an Encounter.",
    version: "2.0.0", hookVersion: "1.0")
}
