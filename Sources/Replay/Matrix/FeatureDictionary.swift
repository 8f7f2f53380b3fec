// SPDX-License-Identifier: Apache-2.0
import Audit
package import Features

/// What the columns of a feature matrix mean, and how often they have a value: made while the rows go by.
package struct FeatureDictionary: Sendable {
  private struct Column: Sendable {
    var observed = 0
    var sum = 0.0
    var least = Float.infinity
    var most = -Float.infinity
  }

  private let profile: FeatureProfile
  private var columns: [Column]
  /// Rows counted.
  package private(set) var rows = 0
  /// Of these, those of stays that may not be assessed, by reason; a row may have several.
  package private(set) var ineligible = Tally()

  package init(_ profile: FeatureProfile) {
    self.profile = profile
    columns = Array(repeating: Column(), count: profile.columns.count)
  }

  /// Counts a row.
  package mutating func add(_ row: MatrixRow) {
    rows += 1
    for code in row.ineligibility { ineligible.add(code) }
    for (index, value) in row.values.enumerated() where value.isFinite {
      columns[index].observed += 1
      columns[index].sum += Double(value)
      columns[index].least = min(columns[index].least, value)
      columns[index].most = max(columns[index].most, value)
    }
  }

  /// The share of rows in which a column of a series has a value, other than how often it was measured, by series in the
  /// profile's order of columns.
  package var observed: [(series: String, share: Double)] {
    var order: [String] = []
    var most: [String: Int] = [:]
    for ((column, kind), counted) in zip(zip(profile.columns, profile.columnKinds), columns) where kind != .habit {
      if most[column.series] == nil { order.append(column.series) }
      most[column.series] = max(most[column.series] ?? 0, counted.observed)
    }
    return order.map { ($0, Double(most[$0] ?? 0) / Double(max(rows, 1))) }
  }

  /// A line a column: `column,title,kind,series,unit,scale,rows,missing,missing_share,minimum,mean,maximum`. `unit` is of the
  /// series; `scale` is `log` or `log1p` where its statistics are taken of the logarithm.
  package var csv: String {
    var units: [String: (unit: String, scale: String)] = [:]
    for signal in profile.signals { units[signal.id] = (signal.unit, signal.transform?.rawValue ?? "") }
    for derived in profile.derived { units[derived.id] = (derived.unit, derived.transform?.rawValue ?? "") }
    for known in profile.statics { units[known.id] = (known.unit, "") }
    var text = "column,title,kind,series,unit,scale,rows,missing,missing_share,minimum,mean,maximum\n"
    for ((column, kind), counted) in zip(zip(profile.columns, profile.columnKinds), columns) {
      let (unit, scale) = units[column.series] ?? ("", "")
      let missing = rows - counted.observed
      let isSeen = counted.observed > 0
      let fields: [String] = [
        column.id, column.title, kind.rawValue, column.series, unit, scale, "\(rows)", "\(missing)",
        "\(Double(missing) / Double(max(rows, 1)))", isSeen ? "\(counted.least)" : "",
        isSeen ? "\(counted.sum / Double(counted.observed))" : "", isSeen ? "\(counted.most)" : "",
      ]
      text += fields.map(CSV.field).joined(separator: ",") + "\n"
    }
    return text
  }
}
