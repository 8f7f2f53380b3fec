// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Features

/// What a package says of itself, as far as it is known before the training.
package struct PackageDescription: Codable, Sendable, Equatable {
  /// A head that answers a question. How it is labelled is said by the label's definition.
  package struct Outcome: Codable, Sendable, Equatable {
    /// Name of the head.
    package var head: String
    /// Code of the outcome, its system and display.
    package var code: String
    package var system: String
    package var display: String
    /// How a card's summary begins.
    package var summary: String
    /// Hours over which the probability reaches; nil: the whole hospital stay.
    package var horizonHours: Double?
    /// Where the band `moderate` begins; nil, or not below half of the alarm's threshold: there.
    package var moderateFrom: Double?
    /// Of each inner list one signal or derived series must have a value, else the outcome is not assessed.
    package var requires: [[String]]
    /// The state in which a patient is past this outcome.
    package var excludes: Criterion?
  }

  /// The hazard head whose survival curve the findings carry.
  package struct Survival: Codable, Sendable, Equatable {
    /// Name of the head.
    package var head: String
    /// The last day of the curve that is shown.
    package var horizonDays: Double
  }

  /// Identifier, such as `icu-prognosis`, and semantic version.
  package var id: String
  package var version: String
  /// What a person calls it.
  package var title: String
  /// Whether it says what is, or what will be.
  package var kind: ModelManifest.Kind
  /// One sentence: for whom, by whom, to what end.
  package var intendedUse: String
  /// Who answers for the model.
  package var publisher: String
  /// Where it is described.
  package var url: String?
  /// The first is the one a card is always made of.
  package var outcomes: [Outcome]
  /// The survival curve, if there is one.
  package var survival: Survival?
  /// What the model must not be used for, and where it is not valid.
  package var limits: [String]
  /// What is taken for granted and not known.
  package var assumptions: [String]
}

extension ExperimentConfiguration {
  /// The manifest, once the threshold of each outcome's alarm is known: the band `high` begins there. An outcome other
  /// than the first may be without: then it has no band `high`, and so no card of its own.
  package func manifest(
    thresholds: [String: Double], lastHours: [String: Double] = [:]
  ) throws(ExperimentError) -> ModelManifest {
    var outcomes: [ModelManifest.Outcome] = []
    for outcome in model.outcomes {
      let threshold = thresholds[outcome.head]
      guard let index = head(outcome.head), let label = LabelDefinition.named(heads[index].label),
        threshold != nil || !outcomes.isEmpty
      else { throw ExperimentError(.unknownHead, detail: outcome.head) }
      let moderate = min(outcome.moderateFrom ?? .infinity, threshold.map { $0 / 2 } ?? .infinity)
      outcomes.append(
        .init(
          head: outcome.head, code: outcome.code, system: outcome.system, display: outcome.display,
          summary: outcome.summary, horizonHours: outcome.horizonHours, definition: label.summary,
          bands: [.init(name: "low", from: 0)]
            + (moderate < .infinity ? [.init(name: "moderate", from: moderate)] : [])
            + (threshold.map { [.init(name: "high", from: $0)] } ?? []), requires: outcome.requires,
          excludes: outcome.excludes, lastHour: lastHours[outcome.head]))
    }
    let survival = model.survival.flatMap { curve in
      head(curve.head).flatMap { heads[$0].binEnds }.map { ends in
        ModelManifest.Survival(head: curve.head, binEnds: ends, horizonDays: curve.horizonDays)
      }
    }
    return ModelManifest(
      id: model.id, version: model.version, title: model.title, kind: model.kind, outcomes: outcomes,
      survival: survival, intendedUse: model.intendedUse, publisher: model.publisher, url: model.url)
  }
}
