// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
package import Features
package import Replay

/// What one chart adds to the counts of its month, for one model.
package struct DriftSample: Sendable {
  /// One row: its stratum of hours, and for each column the count that it adds to.
  struct Row: Sendable {
    var stratum: Int
    var slots: [UInt8]
  }

  /// The month of the admission to intensive care, such as `2026-03`.
  var month: String
  var rows: [Row]
  /// By signal and unit as charted, the values of the stay.
  var units: [String: [String: Int]]
}

/// Counts of a replay by month of admission, for one model. They add up, so that memory does not grow with the patients.
package struct DriftCounts: Codable, Sendable, Equatable {
  /// One month.
  struct Month: Codable, Sendable, Equatable {
    /// By stratum: rows, and the counts of all columns.
    var rows: [Int]
    var counts: [[Int32]]
    /// Stays, and the sum of the squares of their rows: rows of one stay are alike.
    var stays = 0
    var squares = 0.0
    /// By signal.
    var units: [String: Units] = [:]
  }

  /// How the values of one signal are charted.
  struct Units: Codable, Sendable, Equatable {
    /// Values by unit.
    var values: [String: Int] = [:]
    /// Stays that have any, and the sum of the squares of how many: values of one stay are charted alike.
    var stays = 0
    var squares = 0.0

    /// Adds a stay's values.
    mutating func add(_ stay: [String: Int]) {
      let count = Double(stay.values.reduce(0, +))
      guard count > 0 else { return }
      values.merge(stay, uniquingKeysWith: +)
      (stays, squares) = (stays + 1, squares + count * count)
    }

    /// Adds another month's.
    mutating func add(_ other: Units) {
      values.merge(other.values, uniquingKeysWith: +)
      (stays, squares) = (stays + other.stays, squares + other.squares)
    }

    var total: Int { values.values.reduce(0, +) }
    /// The independent stays for which the values stand (Kish 1965).
    var effectiveStays: Double { squares > 0 ? Double(total) * Double(total) / squares : 0 }

    func share(of unit: String) -> Double { total > 0 ? Double(values[unit] ?? 0) / Double(total) : 0 }
  }

  private(set) var months: [String: Month] = [:]

  package init() {}

  /// Adds a chart's stay.
  package mutating func add(_ sample: DriftSample, _ reference: DriftReference) {
    let empty = Month(
      rows: reference.shares.map { _ in 0 },
      counts: reference.shares.map { _ in [Int32](repeating: 0, count: reference.width) })
    for row in sample.rows {
      months[sample.month, default: empty].rows[row.stratum] += 1
      for (column, slot) in zip(reference.columns, row.slots) {
        months[sample.month, default: empty].counts[row.stratum][column.place + Int(slot)] += 1
      }
    }
    months[sample.month, default: empty].stays += 1
    months[sample.month, default: empty].squares += Double(sample.rows.count * sample.rows.count)
    for (signal, units) in sample.units {
      months[sample.month, default: empty].units[signal, default: Units()].add(units)
    }
  }
}

extension DriftReference {
  /// What a stay adds to the counts of a month: its rows at hours of the stay, and its values by signal and unit.
  package func sample(
    month: String, _ rows: [(hour: Double, values: [Float])], units: [String: [String: Int]] = [:]
  ) -> DriftSample {
    DriftSample(
      month: month,
      rows: rows.compactMap { row in
        stratum(ofHour: row.hour).map { DriftSample.Row(stratum: $0, slots: slots(row.values)) }
      }, units: units)
  }
}

extension DriftSample {
  /// The samples of a chart, one for each stay, from what one model saw; rows that are not assessed for their stay (children, after the
  /// stay) are none. Hours that are too early to be assessed are rows where the training learned from such.
  package static func samples(
    _ rows: [ReplayRow], model: Int, _ reference: DriftReference, _ profile: FeatureProfile
  ) -> [DriftSample] {
    var stays: [(origin: Instant, last: ModelAssessment, rows: [(hour: Double, values: [Float])])] = []
    for row in rows {
      guard let said = row.assessment?.models[model], let origin = said.origin, let hour = said.hour else { continue }
      if stays.last?.origin != origin { stays.append((origin, said, [])) }
      stays[stays.count - 1].last = said
      if let vector = said.vector {
        stays[stays.count - 1].rows.append((hour, vector.values))
      } else if case .tooEarly? = said.timeline.ineligibility.first, said.timeline.ineligibility.count == 1 {
        stays[stays.count - 1].rows.append((hour, profile.vector(said.timeline, atHour: hour).values))
      }
    }
    return stays.map { stay in
      var units: [String: [String: Int]] = [:]
      let timeline = stay.last.timeline
      for (signal, samples) in zip(profile.signals, timeline.samples) {
        for sample in samples where timeline.sources.indices.contains(Int(sample.source)) {
          let unit = timeline.sources[Int(sample.source)].unit ?? "none"
          units[signal.id, default: [:]][unit, default: 0] += 1
        }
      }
      return reference.sample(month: String(stay.origin.description.prefix(7)), stay.rows, units: units)
    }
  }
}
