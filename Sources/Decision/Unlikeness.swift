// SPDX-License-Identifier: Apache-2.0
import Features
import Networks

/// How unlike the training patients a chart is, by its values before they are winsorised and clipped.
package struct Unlikeness: Sendable, Equatable {
  /// The score of `FeatureDistribution`.
  package var score: Double
  /// The score above which nothing is stated: 99 % of the training rows stay below.
  package var alarm: Double
  /// Titles of the signals that make the chart unlike the others, the farthest first; empty while there is no alarm.
  package var signals: [String]

  /// Whether nothing may be stated.
  package var isAlarm: Bool { score > alarm }
}

extension ModelPackage {
  /// The unlikeness of a vector of the profile's columns.
  func unlikeness(of values: [Float]) -> Unlikeness {
    var found = Unlikeness(score: distribution.score(values[...]).value, alarm: distribution.alarm, signals: [])
    guard found.isAlarm else { return found }
    for column in distribution.unusual(values[...]) {
      let title = profile.title(of: profile.columns[column].group)
      if !found.signals.contains(title) { found.signals.append(title) }
    }
    return found
  }
}
