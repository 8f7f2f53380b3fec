// SPDX-License-Identifier: Apache-2.0

/// The rows that judge one outcome: what was said, what happened, and of whom.
///
/// Cross-validation and `vigil evaluate` both come to this; every score, interval and plot is computed from it.
package struct ScoredRows: Sendable {
  /// Calibrated probabilities of networks that did not learn from these rows.
  package var probabilities: [Double] = []
  package var labels: [Bool] = []
  package var alarms: [Bool] = []
  /// The hour of the stay of each row.
  package var hours: [Double] = []
  /// Which labels each row's conformal set holds; nil without one.
  package var sets: [PredictionSet]?
  /// The positions of each stay's rows.
  package var stays: [Range<Int>] = []
  /// Who the stays are of.
  package var records: [StayTable.Record] = []
  /// Whether a stay has a row an hour; else one alone.
  package var isHourly = false
  /// Whether the labels are those of Challenge 2019.
  package var hasUtility = false
  /// Hours from the first positive row of a stay to the onset; nil when positive rows end at the onset.
  package var leadHours: Double?
  /// Whether the outcome begins at an hour of the stay, so that an alarm can be early or late.
  package var hasOnset = false

  /// A conformal set: the labels that a row's probability leaves open.
  package struct PredictionSet: Sendable, Equatable {
    package var yes: Bool
    package var no: Bool

    package init(yes: Bool, no: Bool) {
      self.yes = yes
      self.no = no
    }
  }

  /// No rows yet.
  package init() {}

  /// The patient of each stay, numbered from 0 in the order of their first stays: what is drawn together, for stays of one
  /// patient are alike.
  package var patients: [Int] {
    var numbers: [[String]: Int] = [:]
    return records.map { record in
      let key = [record.dataSet, record.site, record.patient]
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      return number
    }
  }

  /// Number of patients.
  var patientCount: Int { (patients.max() ?? -1) + 1 }

  /// The patient of each row.
  var units: [Int] {
    var result: [Int] = []
    result.reserveCapacity(labels.count)
    for (patient, rows) in zip(patients, stays) { result += repeatElement(patient, count: rows.count) }
    return result
  }

  /// The patient-days that the rows of each stay stand for. A row stands for the time to the next, which is the least
  /// between two rows of a stay of its data set: a longer gap is made of hours that have no label, and are no rows.
  var days: [Double] {
    var gaps: [String: Double] = [:]
    for (stay, record) in zip(stays, records) {
      for row in stay.dropFirst() {
        gaps[record.dataSet] = min(gaps[record.dataSet] ?? 24, hours[row] - hours[row - 1])
      }
    }
    return zip(stays, records).map { Double($0.count) * (gaps[$1.dataSet] ?? 1) / 24 }
  }

  /// The rows of some stays.
  package func gathering(_ chosen: [Int]) -> ScoredRows {
    var result = self
    result.stays = []
    var positions: [Int] = []
    for stay in chosen {
      result.stays.append(positions.count..<positions.count + stays[stay].count)
      positions += stays[stay]
    }
    result.records = chosen.map { records[$0] }
    result.take(positions, of: self)
    return result
  }

  /// The rows of some hours.
  package func gathering(hours isAsked: (Double) -> Bool) -> ScoredRows {
    var result = self
    (result.stays, result.records) = ([], [])
    var positions: [Int] = []
    for (stay, range) in stays.enumerated() {
      let start = positions.count
      positions += range.filter { isAsked(hours[$0]) }
      guard positions.count > start else { continue }
      result.stays.append(start..<positions.count)
      result.records.append(records[stay])
    }
    result.take(positions, of: self)
    return result
  }

  private mutating func take(_ positions: [Int], of all: ScoredRows) {
    probabilities = positions.map { all.probabilities[$0] }
    labels = positions.map { all.labels[$0] }
    alarms = positions.map { all.alarms[$0] }
    hours = positions.map { all.hours[$0] }
    sets = all.sets.map { sets in positions.map { sets[$0] } }
  }

  /// The scores of the challenge's kind.
  package func scores(threshold: Double?) -> Scores {
    Scores(
      probabilities: probabilities, labels: labels, alarms: alarms, stays: stays, days: days.reduce(0, +),
      threshold: threshold, isHourly: isHourly, hasUtility: hasUtility)
  }

  /// Takes from the head's definition how its rows are to be scored.
  mutating func describe(_ head: HeadDefinition) {
    isHourly = head.scoredAtHour == nil
    hasUtility = head.label == LabelDefinition.sepsis.name
    // Challenge 2019 labels a stay from six hours before the onset; an onset within a horizon ends its positive rows.
    leadHours = hasUtility ? 6 : nil
    hasOnset = hasUtility || head.horizonHours != nil
  }

  /// What the alarms made of the onsets; nil for an outcome without an hour.
  var onsets: OnsetAlarms? {
    guard hasOnset else { return nil }
    return OnsetAlarms(labels: labels, alarms: alarms, hours: hours, stays: stays, lead: leadHours)
  }

  /// The scores of each hospital or database, in the order of their first stays; nil when there is one alone.
  var bySite: [Evaluation.Site]? {
    var sites: [(dataSet: String, site: String, stays: [Int])] = []
    for (stay, record) in records.enumerated() {
      let place = sites.firstIndex { $0.dataSet == record.dataSet && $0.site == record.site } ?? sites.count
      if place == sites.count { sites.append((record.dataSet, record.site, [])) }
      sites[place].stays.append(stay)
    }
    guard sites.count > 1 else { return nil }
    return sites.map { site in
      let own = gathering(site.stays)
      return Evaluation.Site(
        dataSet: site.dataSet, site: site.site, stays: site.stays.count, scores: own.scores(threshold: nil),
        onsets: own.onsets)
    }
  }
}
