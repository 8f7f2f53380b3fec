// SPDX-License-Identifier: Apache-2.0
package import Features

/// How the rows of a stay are labelled for one head: a named, documented function, tested by itself.
///
/// A definition is a pure function of the stay (its timeline over the whole course, and its outcome) and of the hours
/// asked for. A row whose label is not known, not asked about (the patient is in the state already), or censored has
/// weight 0, and takes part neither in the loss nor in the scores.
package struct LabelDefinition: Sendable {
  /// What a definition is asked: a stay, the hours of its rows, and the head.
  package struct Question: Sendable {
    package var stay: Stay
    /// Hours after ICU admission, in the order of the rows.
    package var hours: [Double]
    package var head: HeadDefinition
    /// The profile by which the timeline was read.
    package var profile: FeatureProfile

    package init(stay: Stay, hours: [Double], head: HeadDefinition, profile: FeatureProfile) {
      self.stay = stay
      self.hours = hours
      self.head = head
      self.profile = profile
    }
  }

  /// Labels and weights, rows × the head's outputs.
  package struct Labels: Sendable, Equatable {
    package var values: [Float]
    package var weights: [Float]

    package init(values: [Float], weights: [Float]) {
      self.values = values
      self.weights = weights
    }

    /// Rows that say nothing.
    package static func unknown(_ question: Question) -> Labels {
      let zeros = [Float](repeating: 0, count: question.hours.count * question.head.outputs)
      return Labels(values: zeros, weights: zeros)
    }
  }

  /// The name in configurations.
  package let name: String
  /// How a row is labelled, in one sentence that a clinician understands; the card carries it.
  package let summary: String
  /// The labels of a stay's rows.
  package let labels: @Sendable (Question) -> Labels

  package init(name: String, summary: String, labels: @escaping @Sendable (Question) -> Labels) {
    self.name = name
    self.summary = summary
    self.labels = labels
  }

  /// Every definition there is.
  package static let all: [LabelDefinition] =
    [hospitalDeath, survival, sepsis, sepsisAlarmPays] + Criterion.allCases.map { onset(of: $0) }

  /// The definition of a name; nil when there is none.
  package static func named(_ name: String) -> LabelDefinition? { all.first { $0.name == name } }
}
