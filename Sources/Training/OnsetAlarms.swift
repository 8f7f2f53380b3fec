// SPDX-License-Identifier: Apache-2.0
import Networks

/// How many onsets were alarmed before they came, and how early: an alarm at any hour of the day before counts.
package struct OnsetAlarms: Codable, Sendable, Equatable {
  /// Hours before an onset within which an alarm is of it.
  private static let reach = 24.0

  /// Stays in which the outcome began, at an hour that the labels tell.
  package var stays: Int
  /// Stays with the outcome whose onset is not known: a label that runs ahead of it is there from their first row on, so that
  /// it lies anywhere before. Nil where there are none.
  package var unknownOnsets: Int?
  /// Share of them with an alarm in the 24 hours before.
  package var foundShare: Double?
  /// Median over those of the hours from the first such alarm to the onset.
  package var medianLeadHours: Double?

  /// How those hours are spread; nil without an alarm, and in evaluations of earlier versions.
  package var leads: Leads?

  /// Hours from the first alarm of the day before an onset to the onset.
  package struct Leads: Codable, Sendable, Equatable {
    /// Where the columns of the histogram end, in hours; the first begins at 0.
    package static let bounds: [Double] = [2, 6, 12, 18, 24]

    package var lowerQuartile: Double
    package var upperQuartile: Double
    /// Stays by `bounds`.
    package var histogram: [Int]

    /// Nil for none.
    init?(sorted leads: [Double]) {
      guard !leads.isEmpty else { return nil }
      lowerQuartile = Quantile.of(leads, 0.25)
      upperQuartile = Quantile.of(leads, 0.75)
      var below = 0
      histogram = Self.bounds.map { bound in
        let upTo = leads.count { $0 <= bound }
        defer { below = upTo }
        return upTo - below
      }
    }
  }

  /// Counts over stays, each given by the range of its rows.
  ///
  /// - Parameters:
  ///   - hours: the hour of each row.
  ///   - lead: hours from a stay's first positive row to the onset, where the label says so (six in Challenge 2019);
  ///     nil where a row is positive up to the last hour before the onset.
  package init(labels: [Bool], alarms: [Bool], hours: [Double], stays: [Range<Int>], lead: Double?) {
    var leads: [Double] = []
    self.stays = 0
    for rows in stays {
      guard let first = rows.first(where: { labels[$0] }) else { continue }
      if lead != nil, first == rows.lowerBound {
        unknownOnsets = (unknownOnsets ?? 0) + 1
        continue
      }
      self.stays += 1
      var last = first
      while last + 1 < rows.upperBound, labels[last + 1] { last += 1 }
      let onset = lead.map { hours[first] + $0 } ?? hours[last] + 1
      let alarm = rows.first { alarms[$0] && hours[$0] < onset && onset - hours[$0] <= Self.reach }
      if let alarm { leads.append(onset - hours[alarm]) }
    }
    leads.sort()
    foundShare = self.stays > 0 ? Double(leads.count) / Double(self.stays) : nil
    medianLeadHours = leads.isEmpty ? nil : (leads[(leads.count - 1) / 2] + leads[leads.count / 2]) / 2
    self.leads = Leads(sorted: leads)
  }
}
