// SPDX-License-Identifier: Apache-2.0

extension Experiment {
  /// The scores of each hospital or database, in the order of the data sets and of their first stays; nil when there is
  /// one alone.
  func bySite(
    _ scored: OutOfFold, _ probabilities: [Double], _ alarms: [Bool], _ head: HeadDefinition
  ) -> [Evaluation.Site]? {
    var sites: [(dataSet: String, site: String, stays: [Range<Int>])] = []
    var record = 0
    for stay in scored.stays {
      while !table.records[record].rows.contains(scored.rows[stay.lowerBound]) { record += 1 }
      let (dataSet, site) = (table.records[record].dataSet, table.records[record].site)
      let place = sites.firstIndex { $0.dataSet == dataSet && $0.site == site } ?? sites.count
      if place == sites.count { sites.append((dataSet, site, [])) }
      sites[place].stays.append(stay)
    }
    guard sites.count > 1 else { return nil }
    return sites.map { site in
      let positions = site.stays.flatMap { Array($0) }
      var next = 0
      let stays = site.stays.map { stay in
        defer { next += stay.count }
        return next..<next + stay.count
      }
      let labels = positions.map { scored.labels[$0] }
      let own = positions.map { alarms[$0] }
      return Evaluation.Site(
        dataSet: site.dataSet, site: site.site, stays: stays.count,
        scores: Scores(
          probabilities: positions.map { probabilities[$0] }, labels: labels, alarms: own, stays: stays, threshold: nil,
          isHourly: head.scoredAtHour == nil, hasUtility: head.label == LabelDefinition.sepsis.name),
        onsets: onsets(labels, own, rows: positions.map { scored.rows[$0] }, stays: stays, head))
    }
  }

  /// By head the last hour of the stay with a label, of those that end before the model does.
  package var lastHours: [String: Double] {
    var result: [String: Double] = [:]
    let last = table.hours.max() ?? 0
    for (head, labels) in zip(configuration.heads, table.labels) where head.outputs == 1 {
      let own = table.hours.indices.filter { labels.weights[$0] > 0 }.map { table.hours[$0] }.max() ?? 0
      if own < last { result[head.name] = own }
    }
    return result
  }

  /// What the alarms made of the onsets; nil for a label that does not say when the outcome begins.
  func onsets(
    _ labels: [Bool], _ alarms: [Bool], rows: [Int], stays: [Range<Int>], _ head: HeadDefinition
  ) -> OnsetAlarms? {
    let isSepsis = head.label == LabelDefinition.sepsis.name
    guard isSepsis || head.horizonHours != nil else { return nil }
    return OnsetAlarms(
      labels: labels, alarms: alarms, hours: rows.map { table.hours[$0] }, stays: stays, lead: isSepsis ? 6 : nil)
  }
}
