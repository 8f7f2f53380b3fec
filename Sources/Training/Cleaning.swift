// SPDX-License-Identifier: Apache-2.0
import Features

/// Repairs a data set's known faults and drops implausible values, as the profile lists them for that data set.
struct Cleaning: Sendable {
  private var signals: [String: Int] = [:]
  private var statics: [String: Int] = [:]
  private var signalRanges: [ClosedRange<Double>]
  private var staticRanges: [ClosedRange<Double>]
  private var signalFaults: [[Fault]]
  private var staticFaults: [[Fault]]

  init(_ profile: FeatureProfile, dataSet: String) {
    let faults = profile.faults[dataSet] ?? []
    for (index, signal) in profile.signals.enumerated() { signals[signal.id] = index }
    for (index, known) in profile.statics.enumerated() { statics[known.id] = index }
    signalRanges = profile.signals.map(\.range)
    staticRanges = profile.statics.map(\.range)
    signalFaults = profile.signals.map { signal in faults.filter { $0.of == signal.id } }
    staticFaults = profile.statics.map { known in faults.filter { $0.of == known.id } }
  }

  /// Index of a signal of the profile.
  func signal(_ id: String) -> Int? { signals[id] }

  /// Adds a sample unless its value is implausible.
  func add(_ value: Double, hours: Double, signal: Int, to timeline: inout Timeline) {
    guard let clean = clean(value, signalFaults[signal], signalRanges[signal]) else { return }
    timeline.samples[signal].append(Sample(hours: hours, value: clean))
  }

  /// Sets a static unless its value is implausible or the profile has no such static.
  func set(_ id: String, _ value: Double, in timeline: inout Timeline) {
    guard let index = statics[id], let clean = clean(value, staticFaults[index], staticRanges[index]) else { return }
    timeline.statics[index] = clean
  }

  /// Puts the samples in order of time and keeps the first of each instant, as a chart is read: a second value of one
  /// signal at one moment is a duplicate or contradicts the first.
  static func settle(_ timeline: inout Timeline) {
    timeline.sort()
    for signal in timeline.samples.indices {
      var last = -Double.infinity
      timeline.samples[signal].removeAll { sample in
        defer { last = sample.hours }
        return sample.hours == last
      }
    }
  }

  private func clean(_ value: Double, _ faults: [Fault], _ range: ClosedRange<Double>) -> Double? {
    let repaired = faults.first { $0.within.contains(value) }?.repair(value) ?? value
    return range.contains(repaired) ? repaired : nil
  }
}
