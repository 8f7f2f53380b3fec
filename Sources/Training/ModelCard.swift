// SPDX-License-Identifier: Apache-2.0

/// What a person should know before trusting a model: `model-card.json`.
package struct ModelCard: Codable, Sendable, Equatable {
  /// A data set and what its licence asks to be said.
  package struct Data: Codable, Sendable, Equatable {
    package var name: String
    package var licence: String
    package var citation: String
    package var url: String
  }

  package var title: String
  package var intendedUse: String
  /// What the model must not be used for, and where it is not valid.
  package var limits: [String]
  /// What is taken for granted and not known.
  package var assumptions: [String]
  /// Whose data the networks were trained on.
  package var trainingData: [Data]
  /// The scores, from `evaluation.json`.
  package var evaluation: Evaluation

  /// The card of a training.
  package init(_ configuration: ExperimentConfiguration, evaluation: Evaluation) {
    title = configuration.model.title
    intendedUse = configuration.model.intendedUse
    limits = configuration.model.limits
    assumptions = configuration.model.assumptions
    trainingData = configuration.dataSets.map {
      Data(name: $0.title, licence: $0.licence, citation: $0.citation, url: $0.url)
    }
    self.evaluation = evaluation
  }
}
