// SPDX-License-Identifier: Apache-2.0
import Decision

/// One model's features month by month against its training.
package struct FeatureDrift: Sendable {
  /// One column, and how often it is missing in training.
  package struct Column: Codable, Sendable, Equatable {
    package var name: String
    package var title: String
    package var missing: Double
  }

  /// How one signal is charted in one month.
  package struct UnitMix: Codable, Sendable, Equatable {
    package var month: String
    package var signal: String
    /// Stays that have the signal, and the independent ones for which their values stand.
    package var stays: Int
    package var effectiveStays: Double
    /// By unit the share of the values.
    package var shares: [String: Double]
  }

  /// One month.
  package struct Month: Codable, Sendable {
    package var month: String
    package var stays: Int
    /// Independent rows that the shares stand for.
    package var effectiveRows: Double
    /// The share of the training's hours of which there are rows; under `leastCovered` nothing is judged.
    package var covered: Double
    /// By column: the index, where the column can be compared.
    package var indices: [StabilityIndex?]
    /// By column: the share missing.
    package var missing: [Double]
  }

  /// Less than this share of the training's hours is no sample of them.
  package static let leastCovered = 0.8
  /// Fewer independent rows say nothing of ten bins.
  package static let fewestRows = 30.0

  /// In the order of `Month.indices` and `Month.missing`.
  package let columns: [Column]
  package private(set) var months: [Month] = []
  /// In order of months and signals.
  package private(set) var units: [UnitMix] = []
  package private(set) var findings: [DriftFinding] = []

  package init(_ counts: DriftCounts, _ reference: DriftReference) {
    columns = reference.columns.map { Column(name: $0.name, title: $0.title, missing: $0.missing) }
    for (name, counted) in counts.months.sorted(by: { $0.key < $1.key }) {
      let month = Month(name, counted, reference)
      months.append(month)
      guard month.isJudged else { continue }
      let test = DriftTest(count: 2 * reference.columns.count)
      for (index, column) in reference.columns.enumerated() {
        if let found = month.indices[index], found.value >= StabilityIndex.limit, test.isFound(chance: found.chance) {
          findings.append(
            DriftFinding(
              kind: .feature, month: name, name: column.name, title: column.title, size: found.value,
              text: "the values are distributed otherwise than in training"))
        }
        if test.differ(month.missing[index], month.effectiveRows, from: column.missing) {
          findings.append(
            DriftFinding(
              kind: .missing, month: name, name: column.name, title: column.title,
              size: month.missing[index] - column.missing,
              text: "missing in \(percent(month.missing[index])) of rows, in training in \(percent(column.missing))"))
        }
      }
    }
    findUnits(counts)
  }

  /// Units of a signal of which a month has another share than the median month.
  private mutating func findUnits(_ counts: DriftCounts) {
    let signals = Set(counts.months.values.flatMap { $0.units.keys }).sorted()
    let charted = signals.map { signal in
      Set(counts.months.values.flatMap { $0.units[signal].map { Array($0.values.keys) } ?? [] }).sorted()
    }
    let test = DriftTest(count: charted.reduce(0) { $0 + $1.count })
    for (name, month) in counts.months.sorted(by: { $0.key < $1.key }) {
      for (signal, names) in zip(signals, charted) {
        guard let own = month.units[signal] else { continue }
        units.append(
          UnitMix(
            month: name, signal: signal, stays: own.stays, effectiveStays: own.effectiveStays,
            shares: Dictionary(uniqueKeysWithValues: own.values.keys.map { ($0, own.share(of: $0)) })))
        var others = DriftCounts.Units()
        for (other, counted) in counts.months where other != name {
          if let units = counted.units[signal] { others.add(units) }
        }
        for unit in names {
          let share = own.share(of: unit)
          let usual = DriftTest.usual(
            counts.months.values.compactMap { $0.units[signal] }.map { ($0.share(of: unit), $0.effectiveStays) })
          guard test.differ(share, own.effectiveStays, usual, others.effectiveStays) else { continue }
          findings.append(
            DriftFinding(
              kind: .unit, month: name, name: signal, title: signal, size: share - usual,
              text: "\(percent(share)) in \(unit), in the median month \(percent(usual))"))
        }
      }
    }
  }
}

/// A share in per cent, for a finding's words.
func percent(_ share: Double) -> String { "\(DecimalText.fixed(100 * share, decimals: 1)) %" }

extension FeatureDrift.Month {
  /// Whether there is enough to compare.
  package var isJudged: Bool { covered >= FeatureDrift.leastCovered && effectiveRows >= FeatureDrift.fewestRows }

  fileprivate init(_ name: String, _ counted: DriftCounts.Month, _ reference: DriftReference) {
    let present = reference.shares.indices.filter { counted.rows[$0] > 0 }
    let covered = present.reduce(0) { $0 + reference.shares[$1] }
    // The weight of a row of each stratum, so that the strata weigh what they weigh in training.
    let weights = reference.shares.indices.map { stratum in
      counted.rows[stratum] > 0 ? reference.shares[stratum] / covered / Double(counted.rows[stratum]) : 0
    }
    // Kish (1965), twice: for unequal weights, and for the rows of a stay, which are alike.
    let rows = Double(counted.rows.reduce(0, +))
    let squares = zip(weights, counted.rows).reduce(0) { $0 + $1.0 * $1.0 * Double($1.1) }
    let ofWeights = squares > 0 ? 1 / (squares * max(rows, 1)) : 0
    let ofStays = counted.squares > 0 ? rows * rows / counted.squares : 0
    self.init(
      month: name, stays: counted.stays, effectiveRows: ofStays * min(ofWeights, 1), covered: covered, indices: [],
      missing: [])
    for column in reference.columns {
      let shares = (0..<column.slots).map { slot in
        present.reduce(0) { $0 + weights[$1] * Double(counted.counts[$1][column.place + slot]) }
      }
      missing.append(shares.last ?? 0)
      indices.append(Self.index(column, shares, effectiveRows))
    }
  }

  /// The index of the values that are not missing, by the training's deciles.
  private static func index(
    _ column: DriftReference.Column, _ shares: [Double], _ rows: Double
  ) -> StabilityIndex? {
    let observed = shares.dropLast().reduce(0, +)
    guard !column.cuts.isEmpty, observed * rows >= FeatureDrift.fewestRows else { return nil }
    var (under, below, through) = (0.0, [Double](), [Double]())
    for cut in column.cuts.indices {
      under += shares[2 * cut] / observed
      let upTo = under + shares[2 * cut + 1] / observed
      for _ in 0..<column.multiplicity[cut] {
        below.append(under)
        through.append(upTo)
      }
      under = upTo
    }
    return StabilityIndex(below: below, through: through, rows: observed * rows)
  }
}
