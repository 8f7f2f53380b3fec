// SPDX-License-Identifier: Apache-2.0

/// What a model package says about itself: `manifest.json`.
package struct ModelManifest: Codable, Sendable, Equatable {
  /// Whether the model says what is, or what will be.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case diagnosis, prognosis
  }

  /// What the probability is of.
  package struct Outcome: Codable, Sendable, Equatable {
    /// Code of the outcome.
    package var code: String
    /// The code's system.
    package var system: String
    /// The code's display.
    package var display: String
    /// How a card's summary begins, such as `Sepsis risk in the next 6 h`.
    package var summary: String
    /// Hours over which the probability reaches; nil when it is for the whole hospital stay.
    package var horizonHours: Double?

    /// An outcome.
    package init(code: String, system: String, display: String, summary: String, horizonHours: Double? = nil) {
      self.code = code
      self.system = system
      self.display = display
      self.summary = summary
      self.horizonHours = horizonHours
    }
  }

  /// A range of calibrated probabilities with a name, from `from` up to the next band's.
  package struct Band: Codable, Sendable, Equatable {
    /// `low`, `moderate` or `high`: codes of http://terminology.hl7.org/CodeSystem/risk-probability.
    package var name: String
    /// First probability of the band.
    package var from: Double

    /// A band.
    package init(name: String, from: Double) {
      self.name = name
      self.from = from
    }
  }

  /// Identifier, such as `icu-sepsis`; the folder above the version's.
  package var id: String
  /// Semantic version.
  package var version: String
  /// What a person calls it.
  package var title: String
  /// Whether it says what is, or what will be.
  package var kind: Kind
  /// What the probability is of.
  package var outcome: Outcome
  /// The head of the networks that predicts it.
  package var head: String
  /// The bands of risk, ascending; the first begins at 0.
  package var bands: [Band]
  /// One sentence: for whom, by whom, to what end. Every card carries it.
  package var intendedUse: String
  /// Name of the body that answers for the model.
  package var publisher: String
  /// Where it is described.
  package var url: String?

  /// A manifest.
  package init(
    id: String, version: String, title: String, kind: Kind, outcome: Outcome, head: String, bands: [Band],
    intendedUse: String, publisher: String, url: String? = nil
  ) {
    self.id = id
    self.version = version
    self.title = title
    self.kind = kind
    self.outcome = outcome
    self.head = head
    self.bands = bands
    self.intendedUse = intendedUse
    self.publisher = publisher
    self.url = url
  }

  /// The band of a probability.
  package func band(of probability: Double) -> Band {
    bands.last { $0.from <= probability } ?? bands[0]
  }
}
