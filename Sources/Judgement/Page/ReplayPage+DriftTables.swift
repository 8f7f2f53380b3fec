// SPDX-License-Identifier: Apache-2.0
import FHIR
import Networks
import Training

extension ReplayPage {
  /// Months of which a table has room: the last ones.
  static let mostMonths = 12
  private static let mostFeatures = 20

  /// What was measured of one model month by month, found or not; the file beside the page has all of it.
  func driftTables(_ drift: ModelDrift) -> String {
    [said(drift.outputs), features(drift.features), charted(drift.features)].filter { !$0.isEmpty }
      .map { "<details><summary>\($0.title)</summary>\($0.table)</details>" }.joined()
  }

  private struct Folded {
    var title = ""
    var table = ""
    var isEmpty: Bool { table.isEmpty }
  }

  private func said(_ drift: OutputDrift) -> Folded {
    let last = Set(Set(drift.months.map(\.month)).sorted().suffix(Self.mostMonths))
    guard !last.isEmpty else { return Folded() }
    let rows = drift.months.filter { last.contains($0.month) }.map { month in
      [
        HTML.escaped("\(month.outcome), \(month.month)"), HTML.grouped(month.stays), HTML.percent(month.abstained, 0),
        month.meanProbability.map { HTML.percent($0) } ?? "\u{2013}",
        month.index.map { HTML.fixed($0.value, 2) } ?? "\u{2013}",
        month.expected.map { HTML.percent($0) } ?? "\u{2013}",
        month.observed.map {
          "\(HTML.percent($0.share)) <span class=\"lead\">(\(HTML.fixed(100 * $0.low, 1))\u{2013}\(HTML.fixed(100 * $0.high, 1)))</span>"
        } ?? "\u{2013}",
      ]
    }
    let references = Set(drift.months.map(\.reference.rawValue)).sorted().joined(separator: " or ")
    return Folded(
      title: "Probabilities, abstentions and calibration by month",
      table: ReportPage.table(
        "By month",
        "Moved: the stability index against \(references), of 30 independent rows and more. Predicted and observed: of rows of "
          + "which it is known what happened.",
        head: ["Outcome, month", "Stays", "Not stated", "Mean", "Moved", "Predicted", "Observed"], rows: rows))
  }

  private func features(_ drift: FeatureDrift) -> Folded {
    let months = drift.months.filter(\.isJudged).suffix(Self.mostMonths)
    guard !months.isEmpty else { return Folded() }
    let farthest = drift.columns.indices.map { column in
      (column, months.compactMap { $0.indices[column]?.value }.max() ?? 0)
    }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(Self.mostFeatures).map(\.0)
    let rows = farthest.map { column in
      [HTML.escaped(drift.columns[column].title), HTML.percent(drift.columns[column].missing, 0)]
        + months.map { month in
          (month.indices[column].map { HTML.fixed($0.value, 2) } ?? "\u{2013}")
            + " <span class=\"lead\">\(HTML.percent(month.missing[column], 0)) missing</span>"
        }
    }
    return Folded(
      title: "Features by month",
      table: ReportPage.table(
        "The \(farthest.count) features that lie farthest from the training",
        "The stability index of the values, and the share of rows without one.",
        head: ["Feature", "Missing in training"] + months.map(\.month), rows: rows))
  }

  private func charted(_ drift: FeatureDrift) -> Folded {
    let months = Array(Set(drift.units.map(\.month)).sorted().suffix(Self.mostMonths))
    var rows: [[String]] = []
    for (signal, mixes) in Dictionary(grouping: drift.units, by: \.signal).sorted(by: { $0.key < $1.key }) {
      let units = Set(mixes.flatMap { $0.shares.keys }).sorted()
      guard units.count > 1 else { continue }
      for unit in units {
        rows.append(
          [HTML.escaped("\(signal) in \(unit)")]
            + months.map { month in
              mixes.first { $0.month == month }.map { HTML.percent($0.shares[unit] ?? 0, 0) } ?? "\u{2013}"
            })
      }
    }
    guard !rows.isEmpty else { return Folded() }
    return Folded(
      title: "Units by month",
      table: ReportPage.table(
        "Signals charted in several units", "Share of the values; all others have one unit throughout.",
        head: ["Signal and unit"] + months, rows: rows))
  }
}
