// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Features
package import Networks

/// How a package's training rows were distributed, as its `distribution.json` has it, made ready to count other rows against it: nine
/// deciles of each column, the share of missing, and the hours of the stay that the rows are of.
///
/// A row is only compared with rows of the same part of the stay. Charts are asked about at other hours than those of the
/// training; the strata are the deciles of the training's hours, and rows are weighed as if they were spread over them as the
/// training's were (direct standardisation).
package struct DriftReference: Sendable {
  /// One column.
  struct Column: Sendable {
    var name: String
    var title: String
    var kind: ColumnKind
    /// The share of training rows in which it is missing.
    var missing: Double
    /// The distinct deciles, ascending; empty when the training has too few values to compare with.
    var cuts: [Float]
    /// How many of the nine deciles each cut is.
    var multiplicity: [Int]
    /// Where its counts begin: one between cuts and beside them, one on each cut, and one for missing.
    var place: Int

    /// Number of its counts.
    var slots: Int { 2 * cuts.count + 2 }
  }

  let columns: [Column]
  /// Number of counts of a stratum.
  let width: Int
  /// Upper bounds of the strata of hours, ascending; the last is open. Empty: all hours are one stratum.
  private let bounds: [Double]
  /// The one hour of the training's rows, where they are all of one.
  private let onlyHour: Double?
  /// Before it the training has no rows.
  private let firstHour: Double
  /// The share of training rows in each stratum.
  let shares: [Double]

  /// The reference in a package.
  package init(_ package: ModelPackage) {
    self.init(package.distribution, profile: package.profile)
  }

  package init(_ distribution: FeatureDistribution, profile: FeatureProfile) {
    var place = 0
    columns = zip(zip(profile.columns, profile.columnKinds), distribution.columns).map { column, known in
      var (cuts, multiplicity) = ([Float](), [Int]())
      for decile in known.values?.deciles ?? [] {
        if cuts.last == decile {
          multiplicity[cuts.count - 1] += 1
        } else {
          (cuts, multiplicity) = (cuts + [decile], multiplicity + [1])
        }
      }
      let found = Column(
        name: column.0.id, title: column.0.title, kind: column.1, missing: known.missing, cuts: cuts,
        multiplicity: multiplicity, place: place)
      place += found.slots
      return found
    }
    width = place
    let hour = columns.first { $0.name == "hour" }
    let known = zip(profile.columns, distribution.columns).first { $0.0.id == "hour" }?.1.values
    firstHour = (known.map { Double($0.low) } ?? 0).rounded(.down)
    if let hour, hour.cuts.count == 1 {
      (bounds, onlyHour, shares) = ([], Double(hour.cuts[0]), [1])
    } else {
      bounds = hour?.cuts.map { Double($0) } ?? []
      onlyHour = nil
      shares = (hour?.multiplicity ?? []).map { Double($0) / 10 } + [0.1]
    }
  }

  /// The stratum of a row at an hour of the stay; nil for a row to which the training has none to compare.
  func stratum(ofHour hour: Double) -> Int? {
    if let onlyHour { return hour == onlyHour ? 0 : nil }
    guard hour >= firstHour else { return nil }
    return bounds.firstIndex { hour <= $0 } ?? bounds.count
  }

  /// For each column the count to which a row adds.
  func slots(_ values: [Float]) -> [UInt8] {
    zip(columns, values).map { column, value in
      guard value.isFinite else { return UInt8(2 * column.cuts.count + 1) }
      var (low, high) = (0, column.cuts.count)
      while low < high {
        let middle = (low + high) / 2
        if column.cuts[middle] < value { low = middle + 1 } else { high = middle }
      }
      return UInt8(low < column.cuts.count && column.cuts[low] == value ? 2 * low + 1 : 2 * low)
    }
  }
}
