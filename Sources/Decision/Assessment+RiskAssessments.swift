// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Features
import Networks

extension Assessment {
  /// One R4 RiskAssessment a finding (riskassessment.html), whether or not it becomes a card.
  ///
  /// A finding without a probability is a RiskAssessment of status `final` with a prediction that has no probability:
  /// its `probability[x]` carries the extension data-absent-reason, its `rationale` the reasons. The status is not
  /// `cancelled`, because the assessment was done; its result is that none can be given.
  package var riskAssessments: [JSON] {
    models.flatMap { model in
      model.findings.map { riskAssessment(model, $0, on: $0.explanation?.drivers.compactMap(\.source) ?? []) }
    }
  }

  /// The same; `basis` names every resource of which the model was given a value, not only those behind the drivers.
  package var riskAssessmentsWithProvenance: [JSON] {
    models.flatMap { model in
      let sources = model.usedSources
      return model.findings.map { riskAssessment(model, $0, on: sources) }
    }
  }

  private func riskAssessment(_ assessment: ModelAssessment, _ finding: Finding, on sources: [Source]) -> JSON {
    let model = assessment.model
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
        "text": .string("\(model.title) \(model.version), package \(assessment.packageDigest)"),
      ],
      "code": ["coding": [finding.outcome.coding]],
      "subject": patientID.map { ["reference": .string("Patient/\($0)")] } ?? ["display": "Unknown patient"],
      "encounter": encounterID.map { ["reference": .string("Encounter/\($0)")] },
      "occurrenceDateTime": .string(instant.description),
      "basis": Self.basis(sources),
      "prediction": .array([assessment.prediction(finding)] + assessment.survivalPredictions(finding)),
      "mitigation": finding.recommendation.map { recommendation in
        .string(([recommendation.title] + recommendation.options).joined(separator: "\n"))
      },
      "note": [["text": .string(assessment.note(finding))]],
    ]
  }

  /// References to the resources of values, each once, in their order; to the container of one that is contained. What has no id
  /// cannot be referred to, and is named by its path.
  private static func basis(_ sources: [Source]) -> JSON? {
    var basis: [JSON] = []
    var known: Set<String> = []
    for source in sources {
      let resource = String(source.resource.prefix { $0 != "#" })
      guard known.insert(resource).inserted else { continue }
      basis.append([isReference(resource) ? "reference" : "display": .string(resource)])
    }
    return basis.isEmpty ? nil : .array(basis)
  }

  private static func isReference(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      }
  }
}

extension ModelManifest.Outcome {
  fileprivate var coding: JSON {
    ["system": .string(system), "code": .string(code), "display": .string(display)]
  }

  fileprivate var concept: JSON { ["coding": [coding], "text": .string(summary)] }
}

extension ModelAssessment {
  fileprivate func prediction(_ finding: Finding) -> JSON {
    switch finding.conclusion {
    case .assessed(let risk):
      return [
        "outcome": finding.outcome.concept,
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
        "outcome": finding.outcome.concept,
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

  /// The probability of death by each of the days that a card states survival for.
  fileprivate func survivalPredictions(_ finding: Finding) -> [JSON] {
    guard let curve = finding.survival, let origin else { return [] }
    return CardDetail.days(upTo: model.survival?.horizonDays).map { day in
      [
        "outcome": [
          "coding": [finding.outcome.coding],
          "text": .string("Death within \(DecimalText.fixed(day, decimals: 0)) days after ICU admission"),
        ],
        "probabilityDecimal": .number(literal: DecimalText.fixed(1 - curve.probability(at: day), decimals: 4)),
        "whenPeriod": [
          "start": .string(origin.description), "end": .string(origin.advanced(byHours: 24 * day).description),
        ],
      ]
    }
  }

  /// From the hour the finding speaks for over its horizon; nothing where the outcome has no horizon.
  private func when(_ finding: Finding) -> JSON? {
    guard let horizon = finding.outcome.horizonHours, let origin, let hour else { return nil }
    let start = origin.advanced(byHours: hour)
    return ["start": .string(start.description), "end": .string(start.advanced(byHours: horizon).description)]
  }

  fileprivate func note(_ finding: Finding) -> String {
    var sentences: [String] = []
    if let risk = finding.risk {
      sentences.append(
        """
        The networks agree within \(DecimalText.percent(risk.low)) to \(DecimalText.percent(risk.high)).
        """)
      sentences.append(risk.predictionSet.text)
    }
    if let hour {
      sentences.append("Speaks for hour \(DecimalText.fixed(hour.rounded(.down), decimals: 0)) of the stay.")
    }
    if finding.risk != nil, !missing.isEmpty {
      sentences.append("Not measured: \(missing.joined(separator: ", ")).")
    }
    if !stale.isEmpty {
      sentences.append("Stale: \(stale.map(\.title).joined(separator: ", ")).")
    }
    sentences.append(model.intendedUse)
    return sentences.joined(separator: " ")
  }
}
