// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Features

extension Assessment {
  /// One R4 RiskAssessment a finding (riskassessment.html).
  ///
  /// A finding without a probability is a RiskAssessment of status `final` with a prediction that has no probability:
  /// its `probability[x]` carries the extension data-absent-reason, its `rationale` the reasons. The status is not
  /// `cancelled`, because the assessment was done; its result is that none can be given.
  package var riskAssessments: [JSON] {
    findings.map { riskAssessment($0) }
  }

  private func riskAssessment(_ finding: Finding) -> JSON {
    let model = finding.model
    let outcome: JSON = ["coding": [coding(model.outcome)], "text": .string(model.outcome.summary)]
    return [
      "resourceType": "RiskAssessment",
      "status": "final",
      "method": [
        "coding": [
          [
            "system": "urn:vigil:model", "version": .string(model.version), "code": .string(model.id),
            "display": .string(model.title),
          ]
        ],
        "text": .string("\(model.title) \(model.version), package \(finding.packageDigest)"),
      ],
      "code": ["coding": [coding(model.outcome)]],
      "subject": patientID.map { ["reference": .string("Patient/\($0)")] } ?? ["display": "Unknown patient"],
      "encounter": encounterID.map { ["reference": .string("Encounter/\($0)")] },
      "occurrenceDateTime": .string(instant.description),
      "basis": basis(finding),
      "prediction": [prediction(finding, outcome)],
      "mitigation": finding.recommendation.map { recommendation in
        .string(([recommendation.title] + recommendation.options).joined(separator: "\n"))
      },
      "note": [["text": .string(note(finding))]],
    ]
  }

  private func coding(_ outcome: ModelManifest.Outcome) -> JSON {
    ["system": .string(outcome.system), "code": .string(outcome.code), "display": .string(outcome.display)]
  }

  /// The resources behind the drivers, each once, in the drivers' order.
  private func basis(_ finding: Finding) -> JSON? {
    var references: [String] = []
    for resource in finding.drivers.compactMap({ $0.source?.resource })
    where Self.isReference(resource) && !references.contains(resource) {
      references.append(resource)
    }
    return references.isEmpty ? nil : .array(references.map { ["reference": .string($0)] })
  }

  private static func isReference(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      }
  }

  private func prediction(_ finding: Finding, _ outcome: JSON) -> JSON {
    switch finding.outcome {
    case .assessed(let risk):
      return [
        "outcome": outcome,
        "probabilityDecimal": .number(literal: DecimalText.fixed(risk.probability, decimals: 4)),
        "qualitativeRisk": [
          "coding": [
            [
              "system": "http://terminology.hl7.org/CodeSystem/risk-probability", "code": .string(risk.band),
              "display": .string(risk.band.prefix(1).uppercased() + risk.band.dropFirst()),
            ]
          ]
        ],
        "whenPeriod": when(finding),
      ]
    case .notAssessed(let reasons):
      // R4 extension-data-absent-reason.html: the value is known not to be there.
      return [
        "outcome": outcome,
        "_probabilityDecimal": [
          "extension": [
            [
              "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "not-performed",
            ]
          ]
        ],
        "rationale": .string("Not assessed, because \(reasons.map(\.text).joined(separator: "; "))."),
      ]
    }
  }

  /// From the hour the finding speaks for over its horizon; nothing where the outcome has no horizon.
  private func when(_ finding: Finding) -> JSON? {
    guard let horizon = finding.model.outcome.horizonHours, let origin = finding.origin, let hour = finding.hour else {
      return nil
    }
    let start = origin.advanced(byHours: hour)
    return ["start": .string(start.description), "end": .string(start.advanced(byHours: horizon).description)]
  }

  private func note(_ finding: Finding) -> String {
    var sentences: [String] = []
    if let risk = finding.risk {
      sentences.append(
        """
        The networks agree within \(DecimalText.percent(risk.low)) to \(DecimalText.percent(risk.high)).
        """)
    }
    if let hour = finding.hour {
      sentences.append("Speaks for hour \(DecimalText.fixed(hour.rounded(.down), decimals: 0)) of the stay.")
    }
    if finding.risk != nil, !finding.missing.isEmpty {
      sentences.append("Not measured: \(finding.missing.joined(separator: ", ")).")
    }
    if !finding.stale.isEmpty {
      sentences.append("Stale: \(finding.stale.map(\.title).joined(separator: ", ")).")
    }
    sentences.append(finding.model.intendedUse)
    return sentences.joined(separator: " ")
  }
}
