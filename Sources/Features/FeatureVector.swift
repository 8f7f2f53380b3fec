// SPDX-License-Identifier: Apache-2.0

/// The numbers of one stay at one hour, in the order of the profile's columns; NaN is missing.
package struct FeatureVector: Sendable {
  /// Hour of the stay at which the vector was taken.
  package var hour: Double
  /// One value a column.
  package var values: [Float]

  package init(hour: Double, values: [Float]) {
    self.hour = hour
    self.values = values
  }
}

/// What one number of a feature vector is.
package struct Column: Sendable, Equatable {
  /// Stable name: series, statistic and window, as `creatinine.maximum` or `heart-rate.mean.6-0`.
  package let id: String
  /// What a person reads, as `Creatinine, highest`.
  package let title: String
  /// The series, static, product or score it is taken of; whole series are dropped together in training.
  package let series: String
  /// The signal under which an explanation shows it.
  package let group: String
}
