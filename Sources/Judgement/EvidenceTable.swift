// SPDX-License-Identifier: Apache-2.0
package import Decision
package import FHIR
import Foundation
package import Training

/// The evidence of a whole replay as columns of numbers.
package struct EvidenceTable: Sendable {
  /// What was said of one outcome, by row.
  package struct Outcome: Sendable {
    /// NaN where nothing was stated.
    package var probabilities: [Double] = []
    package var sets: [ScoredRows.PredictionSet] = []
    /// Nil where it is not known what happened.
    package var labels: [Bool?] = []
    /// The findings that may become cards.
    var candidates: [Candidate?] = []
  }

  /// A finding that may become a card.
  struct Candidate: Sendable {
    var urgency: Urgency
    var isTreated: Bool

    /// How urgent its card would be said to be.
    enum Urgency: String, Sendable { case info, warning, critical }
  }

  /// What one model said, by row.
  package struct Model: Sendable {
    /// NaN where the stay's start is not known.
    package var hours: [Double] = []
    /// Nil where it is not known.
    package var origins: [Instant?] = []
    package var outcomes: [Outcome]
  }

  /// One a chart that was assessed.
  package private(set) var records: [StayTable.Record] = []
  /// When each row was asked about.
  package private(set) var instants: [Instant] = []
  /// Where the patient lay, by row: a place in `unitNames`, -1 where the chart does not say.
  private(set) var units: [Int32] = []
  private(set) var unitNames: [String] = []
  private var unitPlaces: [String: Int32] = [:]
  /// In the order of the packages.
  package private(set) var models: [Model]

  /// An empty table for models.
  package init(_ packages: [ModelPackage]) {
    models = packages.map { Model(outcomes: $0.predictors.map { _ in Outcome() }) }
  }

  /// Reads the lines of a file.
  ///
  /// - Throws: when the file cannot be read or is not one of these.
  package init(path: String, _ packages: [ModelPackage]) throws {
    self.init(packages)
    let decoder = JSONDecoder()
    let stream = try ByteStream(path: path)
    var start: [UInt8] = []
    while true {
      let bytes = try stream.next()
      guard !bytes.isEmpty else { break }
      start += bytes
      var from = start.startIndex
      while let end = start[from...].firstIndex(of: UInt8(ascii: "\n")) {
        append(try decoder.decode(ChartEvidence.self, from: Data(start[from..<end])))
        from = end + 1
      }
      start.removeSubrange(..<from)
    }
  }

  /// Adds a chart.
  package mutating func append(_ chart: ChartEvidence) {
    let first = instants.count
    for row in chart.rows {
      instants.append(Instant(milliseconds: row.at))
      units.append(row.unit.map { place($0) } ?? -1)
      for (index, model) in row.models.enumerated() {
        models[index].hours.append(model.hour ?? .nan)
        models[index].origins.append(model.origin.map { Instant(milliseconds: $0) })
        for (outcome, said) in model.said.enumerated() {
          models[index].outcomes[outcome].probabilities.append(said.p ?? .nan)
          models[index].outcomes[outcome].sets.append(.init(yes: said.yes, no: said.no))
          models[index].outcomes[outcome].labels.append(said.label)
          models[index].outcomes[outcome].candidates.append(
            said.indicator.flatMap(Candidate.Urgency.init).map {
              Candidate(urgency: $0, isTreated: said.treated == true)
            })
        }
      }
    }
    records.append(
      StayTable.Record(
        id: chart.patient, dataSet: "replay", site: "", age: chart.age, sex: chart.sex, unitType: chart.unitType,
        hospital: nil, rows: first..<instants.count))
  }

  private mutating func place(_ unit: String) -> Int32 {
    if let known = unitPlaces[unit] { return known }
    unitNames.append(unit)
    unitPlaces[unit] = Int32(unitNames.count - 1)
    return Int32(unitNames.count - 1)
  }

  /// Whether it is known of any row what happened.
  package var hasLabels: Bool { models.contains { $0.outcomes.contains { $0.labels.contains { $0 != nil } } } }

  /// The rows of which a probability was stated and it is known what happened.
  ///
  /// - Parameter isHourly: whether a patient has a row an hour.
  package func scored(
    model: Int, outcome: Int, _ definition: ModelManifest.Outcome, isHourly: Bool
  ) -> (rows: ScoredRows, positions: [Int]) {
    let said = models[model].outcomes[outcome]
    var (rows, positions) = (ScoredRows(), [Int]())
    rows.sets = []
    for record in records {
      var start = positions.count
      for row in record.rows where said.probabilities[row].isFinite {
        guard let label = said.labels[row] else { continue }
        // A chart may tell of several stays in intensive care.
        if positions.count > start, models[model].origins[row] != models[model].origins[positions[positions.count - 1]]
        {
          rows.stays.append(start..<positions.count)
          rows.records.append(record)
          start = positions.count
        }
        rows.probabilities.append(said.probabilities[row])
        rows.labels.append(label)
        rows.alarms.append(said.probabilities[row] >= definition.alarm)
        rows.hours.append(models[model].hours[row])
        rows.sets?.append(said.sets[row])
        positions.append(row)
      }
      guard positions.count > start else { continue }
      rows.stays.append(start..<positions.count)
      rows.records.append(record)
    }
    rows.isHourly = isHourly
    // Challenge 2019 counts sepsis from six hours before its onset on; an onset within a horizon ends its positive rows.
    rows.leadHours = definition.head == "sepsis" ? 6 : nil
    // Labels that never change within a stay do not tell when it began.
    rows.hasOnset =
      isHourly && definition.horizonHours != nil
      && rows.stays.contains { stay in stay.contains { rows.labels[$0] != rows.labels[stay.lowerBound] } }
    return (rows, positions)
  }
}
