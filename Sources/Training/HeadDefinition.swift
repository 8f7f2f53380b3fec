// SPDX-License-Identifier: Apache-2.0
package import Networks

/// A head of the networks: what it learns, how it is weighed, and what is made of its probability.
package struct HeadDefinition: Codable, Sendable, Equatable {
  package var name: String
  package var kind: Head.Kind
  /// Name of the label's definition, one of `LabelDefinition.all`.
  package var label: String
  /// The bias every output starts with.
  package var initialBias: Float
  /// Readers of the data sets that carry what the label is made of; nil: all. The rows of others teach the head nothing.
  package var dataSets: [String]?
  /// Ends of the intervals of a hazard head, in days after ICU admission.
  package var binEnds: [Double]?
  /// How far a label looks ahead, in hours, where its definition asks for it.
  package var horizonHours: Double?
  /// The loss; nil is cross-entropy.
  package var loss: Objective.Loss?
  /// The factor in the sum of all heads' losses; nil is 1.
  package var weight: Float?
  /// The rows of this hour alone give the scores of the head, one a stay; nil: all rows.
  package var scoredAtHour: Double?
  /// Where the alarm sounds; nil for heads that only help the others to learn.
  package var threshold: ThresholdRule?

  /// Number of logits.
  package var outputs: Int { binEnds?.count ?? 1 }
}
