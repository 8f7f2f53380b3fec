// SPDX-License-Identifier: Apache-2.0

/// What a model package says about itself: `manifest.json`.
package struct ModelManifest: Codable, Sendable, Equatable {
  /// The format of packages that this program reads and writes: several outcomes, each with its own calibration.
  package static let currentFormat = 2

  /// Whether the model says what is, or what will be.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case diagnosis, prognosis
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

  /// The head that predicts survival, and what its intervals are.
  package struct Survival: Codable, Sendable, Equatable {
    /// The head of the networks, of kind `hazard`.
    package var head: String
    /// Where each interval ends, in days after ICU admission, ascending; the first begins at 0.
    package var binEnds: [Double]
    /// The day up to which the curve may be read.
    package var horizonDays: Double

    /// A survival head.
    package init(head: String, binEnds: [Double], horizonDays: Double) {
      self.head = head
      self.binEnds = binEnds
      self.horizonDays = horizonDays
    }
  }

  /// The package that this one began with.
  package struct Parent: Codable, Sendable, Equatable {
    package var id: String
    package var version: String
    /// Its digest.
    package var digest: String
    /// What was fitted anew: `calibration` or `last-layers`.
    package var fitted: String

    package init(id: String, version: String, digest: String, fitted: String) {
      self.id = id
      self.version = version
      self.digest = digest
      self.fitted = fitted
    }
  }

  /// The package's format, `currentFormat`.
  package var format: Int
  /// Identifier, such as `icu-sepsis`; the folder above the version's.
  package var id: String
  /// Semantic version.
  package var version: String
  /// What a person calls it.
  package var title: String
  /// Whether it says what is, or what will be.
  package var kind: Kind
  /// What the probabilities are of. The first is the primary outcome, which always gives a card.
  package var outcomes: [Outcome]
  /// The survival curve, where the networks have one; it goes with the primary outcome.
  package var survival: Survival?
  /// One sentence: for whom, by whom, to what end. Every card carries it.
  package var intendedUse: String
  /// Name of the body that answers for the model.
  package var publisher: String
  /// Where it is described.
  package var url: String?
  /// The package it was fine-tuned from; nil when it was trained from random weights.
  package var parent: Parent?

  /// A manifest of the current format.
  package init(
    id: String, version: String, title: String, kind: Kind, outcomes: [Outcome], survival: Survival? = nil,
    intendedUse: String, publisher: String, url: String? = nil
  ) {
    format = Self.currentFormat
    self.id = id
    self.version = version
    self.title = title
    self.kind = kind
    self.outcomes = outcomes
    self.survival = survival
    self.intendedUse = intendedUse
    self.publisher = publisher
    self.url = url
  }
}
