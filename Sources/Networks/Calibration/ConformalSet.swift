// SPDX-License-Identifier: Apache-2.0

/// Class-conditional conformal prediction sets for a yes/no outcome (Vovk 2012), valid within overlapping groups.
///
/// A label belongs to the set when the log-odds of its probability are at least the label's bound. Each bound is fitted on
/// the calibration rows of its own class, so coverage holds within each class; where a row belongs to groups (a sex, an age
/// band, a unit), the groups' offsets move the bound so that it holds within each of them as well. With one group a row
/// that is Vovk's Mondrian set; a patient belongs to several at once, and cutting the rows into all combinations would
/// leave a handful in each, so the offsets add up (as in Gibbs, Cherian and Candès 2023).
///
/// Rows of one patient are alike, so what a bound rests on are its patients: the correction for a finite sample, and the
/// least size of a group with an offset of its own, count them and not their rows.
package struct ConformalSet: Codable, Sendable, Equatable {
  /// The share of each class whose true label the set shall contain.
  package let coverage: Double
  /// When `yes` belongs to the set.
  package let yes: ConformalBound
  /// When `no` belongs to the set.
  package let no: ConformalBound

  /// The bounds from calibrated out-of-fold probabilities.
  ///
  /// - Parameters:
  ///   - groups: per row the groups it belongs to, e.g. `["sex:female", "age:65-79"]`; none when empty.
  ///   - units: per row the number of its patient; when empty every row is a patient.
  /// - Throws: `insufficientData` unless both classes occur.
  package init(
    coverage: Double, probabilities: [Double], labels: [Bool], groups: [[String]] = [], units: [Int] = []
  ) throws(NetworkError) {
    precondition(probabilities.count == labels.count && (groups.isEmpty || groups.count == labels.count))
    precondition(units.isEmpty || units.count == labels.count)
    guard labels.contains(true), labels.contains(false) else { throw .insufficientData }
    self.coverage = coverage
    func bound(_ label: Bool) -> ConformalBound {
      let rows = labels.indices.filter { labels[$0] == label }
      return ConformalBound(
        coverage: coverage, logOdds: rows.map { Self.logOdds(probabilities[$0]) * (label ? 1 : -1) },
        groups: groups.isEmpty ? [] : rows.map { groups[$0] },
        units: units.isEmpty ? Array(rows.indices) : rows.map { units[$0] })
    }
    yes = bound(true)
    no = bound(false)
  }

  /// Which labels belong to the set of probability `p` of a row of these groups; unknown groups move nothing.
  package func labels(_ p: Double, groups: some Sequence<String> = EmptyCollection()) -> (yes: Bool, no: Bool) {
    let logOdds = Self.logOdds(p)
    let groups = Array(groups)
    return (yes.admits(logOdds, groups: groups), no.admits(-logOdds, groups: groups))
  }

  /// ln(p/(1 − p)), of probabilities held within 1e-12 of 0 and 1.
  private static func logOdds(_ p: Double) -> Double {
    let held = min(max(p, 1e-12), 1 - 1e-12)
    return Elementary.log(held) - Elementary.log(1 - held)
  }
}

/// The least log-odds at which a label belongs to a conformal set.
package struct ConformalBound: Codable, Sendable, Equatable {
  /// The bound of a row of no known group; nil when too few calibration rows were of the class: then it always belongs.
  package private(set) var least: Double?
  /// By group what is added to the bound for its rows.
  package private(set) var offsets: [String: Double] = [:]

  /// Groups with fewer calibration patients of the class have no offset of their own.
  private static let fewest = 30
  private static let sweeps = 200

  /// The bound of a row of these groups; nil: the label always belongs.
  package func bound(of groups: [String]) -> Double? {
    least.map { groups.reduce($0) { $0 + (offsets[$1] ?? 0) } }
  }

  func admits(_ logOdds: Double, groups: [String]) -> Bool {
    guard let bound = bound(of: groups) else { return true }
    return logOdds >= bound
  }

  /// The bound of the rows of one class, given the log-odds of their own label.
  ///
  /// With n rows of m patients it is the row of rank ⌈n·coverage·(m + 1)/m⌉ from the top, ⌈(n + 1)·coverage⌉ where each is
  /// a patient. Then group after group, by name, has its offset set to the same rank of its own rows, until every group
  /// contains as many as it should, give or take one row or one in 500: each step lowers the pinball loss, whose minimum
  /// that is. Last, the common bound is set to its rank once more.
  init(coverage: Double, logOdds: [Double], groups: [[String]], units: [Int]) {
    let rank = Self.rank(logOdds.indices, coverage, units)
    guard rank <= logOdds.count else { return }
    var members: [String: [Int]] = [:]
    for (row, names) in groups.enumerated() {
      for name in Set(names) { members[name, default: []].append(row) }
    }
    let first = logOdds.sorted(by: >)[rank - 1]
    // What is left of each row's log-odds above its bound.
    var margins = logOdds.map { $0 - first }
    var fitted: [(name: String, rows: [Int], rank: Int, offset: Double)] = []
    for (name, rows) in members.sorted(by: { $0.key < $1.key }) where Set(rows.map { units[$0] }).count >= Self.fewest {
      let own = Self.rank(rows, coverage, units)
      if own <= rows.count { fitted.append((name, rows, own, 0)) }
    }
    for _ in 0..<Self.sweeps {
      var moved = false
      for (index, group) in fitted.enumerated() {
        let excess = group.rows.count { margins[$0] >= 0 } - group.rank
        guard abs(excess) > max(1, group.rows.count / 500) else { continue }
        let shift = group.rows.map { margins[$0] }.sorted(by: >)[group.rank - 1]
        guard shift != 0 else { continue }
        fitted[index].offset += shift
        for row in group.rows { margins[row] -= shift }
        moved = true
      }
      if !moved { break }
    }
    least = first + margins.sorted(by: >)[rank - 1]
    for group in fitted { offsets[group.name] = group.offset }
  }

  /// How many of some rows, from the top, the bound shall admit; more than there are when they are too few.
  private static func rank(_ rows: some Collection<Int>, _ coverage: Double, _ units: [Int]) -> Int {
    let patients = Double(Set(rows.map { units[$0] }).count)
    // The small amount keeps a product such as 20·0.95 from being rounded up past the whole number it means.
    let share = patients > 0 ? coverage * (patients + 1) / patients : 1
    return max(Int((Double(rows.count) * share - 1e-9).rounded(.up)), 1)
  }
}
