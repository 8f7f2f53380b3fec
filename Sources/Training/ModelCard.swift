// SPDX-License-Identifier: Apache-2.0
package import Decision

/// What a person should know before trusting a model: `model-card.json`.
///
/// Part of it is written by the model owner (`Profiles/cards/<id>.json`), part is made of the package's other files, so
/// that no number can say anything else there.
package struct ModelCard: Codable, Sendable, Equatable {
  /// One source attribute.
  package struct Attribute: Codable, Sendable, Equatable {
    package var id: SourceAttribute
    package var group: String
    package var title: String
    package var text: String
  }

  /// One item of TRIPOD+AI (Collins et al., BMJ 2024;385:e078378) and where its evidence lies.
  package struct Item: Codable, Sendable, Equatable {
    package var number: String
    package var title: String
    package var text: String
    /// Files of the package, or pages of the project's documentation.
    package var evidence: [String]
  }

  /// A data set and what its licence asks to be said.
  package struct Data: Codable, Sendable, Equatable {
    package var name: String
    package var licence: String
    package var citation: String
    package var url: String
  }

  /// What the model owner writes.
  package struct Text: Codable, Sendable, Equatable {
    /// By attribute; those that are computed are left out.
    package var attributes: [String: String]
    /// By the number of the TRIPOD+AI item, where there is more to say than the files do.
    package var tripod: [String: String]

    package init(attributes: [String: String], tripod: [String: String]) {
      self.attributes = attributes
      self.tripod = tripod
    }
  }

  package var model: String
  package var version: String
  package var title: String
  package var publisher: String
  /// All 31, in their order.
  package var attributes: [Attribute]
  /// All 27.
  package var tripod: [Item]
  package var trainingData: [Data]
  /// What is taken for granted and not known.
  package var assumptions: [String]
  /// What the model owner wrote, so that the card can be made anew.
  package var text: Text

  /// The card of a model.
  ///
  /// - Throws: `ExperimentError.incompleteCard` when an attribute is missing that may not be.
  package init(
    _ text: Text, configuration: ExperimentConfiguration, manifest: ModelManifest, evaluation: Evaluation
  ) throws(ExperimentError) {
    try text.check()
    self.text = text
    model = manifest.id
    version = manifest.version
    title = manifest.title
    publisher = manifest.publisher
    assumptions = configuration.model.assumptions
    trainingData = configuration.dataSets.map {
      Data(name: $0.title, licence: $0.licence, citation: $0.citation, url: $0.url)
    }
    let facts = CardFacts(configuration, manifest, evaluation)
    var attributes: [Attribute] = []
    for attribute in SourceAttribute.allCases {
      let found = attribute.isComputed ? facts.text(attribute) : text.attributes[attribute.rawValue]
      attributes.append(
        Attribute(
          id: attribute, group: attribute.group, title: attribute.title, text: found ?? SourceAttribute.notAvailable))
    }
    self.attributes = attributes
    tripod = facts.tripod(text.tripod)
  }
}

extension ModelCard.Text {
  /// Checks that every attribute is there that may not be missing, and none that is no attribute or is computed.
  ///
  /// - Throws: `ExperimentError.incompleteCard` naming the first.
  package func check() throws(ExperimentError) {
    let written = SourceAttribute.allCases.filter { !$0.isComputed }
    if let slip = attributes.keys.sorted().first(where: { key in !written.contains { $0.rawValue == key } }) {
      throw ExperimentError(.incompleteCard, detail: slip)
    }
    for attribute in written where !attribute.mayBeUnavailable {
      let words = attributes[attribute.rawValue] ?? ""
      guard !words.isEmpty, words != SourceAttribute.notAvailable else {
        throw ExperimentError(.incompleteCard, detail: attribute.rawValue)
      }
    }
  }
}
