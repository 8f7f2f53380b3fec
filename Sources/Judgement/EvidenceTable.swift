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

  /// A stay in intensive care as one model saw it: consecutive rows of a chart with one origin.
  package struct Stay: Sendable, Equatable {
    /// The chart's place in `records`.
    package var record: Int
    /// The patient's number: a patient who comes in several inputs is one.
    package var patient: Int
    package var rows: Range<Int>
    /// Nil for rows outside of every stay.
    package var origin: Instant?

    /// The month of the admission, such as `2026-03`.
    package var month: String? { origin.map { String($0.description.prefix(7)) } }
  }

  /// One a chart that was assessed.
  package private(set) var records: [StayTable.Record] = []
  /// The number of each record's patient, from 0 in the order of their first charts.
  package private(set) var patients: [Int] = []
  private var patientNumbers: [String: Int] = [:]
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
  /// - Parameter joining: whether the lines of a patient are one course, in order of time, as the calls of a service are.
  /// - Throws: when the file cannot be read or is not one of these.
  package init(path: String, _ packages: [ModelPackage], joining: Bool = false) throws {
    self.init(packages)
    var courses: [ChartEvidence] = []
    var places: [String: Int] = [:]
    let decoder = JSONDecoder()
    let stream = try ByteStream(path: path)
    var start: [UInt8] = []
    while true {
      let bytes = try stream.next()
      guard !bytes.isEmpty else { break }
      start += bytes
      var from = start.startIndex
      while let end = start[from...].firstIndex(of: UInt8(ascii: "\n")) {
        let chart = try decoder.decode(ChartEvidence.self, from: Data(start[from..<end]))
        if !joining {
          append(chart)
        } else if let place = places[chart.patient] {
          courses[place].append(chart)
        } else {
          places[chart.patient] = courses.count
          courses.append(chart)
        }
        from = end + 1
      }
      start.removeSubrange(..<from)
    }
    for course in courses { append(course.sorted) }
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
    // A chart that names nobody is of somebody else than every other.
    let patient = chart.patient.isEmpty ? "\0\(records.count)" : chart.patient
    let number = patientNumbers[patient] ?? patientNumbers.count
    patientNumbers[patient] = number
    patients.append(number)
    records.append(
      StayTable.Record(
        id: chart.patient, patient: patient, dataSet: "replay", site: "", age: chart.age, sex: chart.sex,
        unitType: chart.unitType, hospital: nil, rows: first..<instants.count))
  }

  private mutating func place(_ unit: String) -> Int32 {
    if let known = unitPlaces[unit] { return known }
    unitNames.append(unit)
    unitPlaces[unit] = Int32(unitNames.count - 1)
    return Int32(unitNames.count - 1)
  }

  /// Number of patients.
  package var patientCount: Int { patientNumbers.count }

  /// Patients who come in several inputs.
  package var repeatedPatients: Int {
    var charts = [Int](repeating: 0, count: patientCount)
    for patient in patients { charts[patient] += 1 }
    return charts.count { $0 > 1 }
  }

  /// The stays of all charts by what one model saw, in order.
  package func stays(model: Int) -> [Stay] {
    let origins = models[model].origins
    var result: [Stay] = []
    for (index, record) in records.enumerated() {
      for row in record.rows {
        if row > record.rows.lowerBound, origins[row] == origins[row - 1] {
          result[result.count - 1].rows = result[result.count - 1].rows.lowerBound..<row + 1
        } else {
          result.append(Stay(record: index, patient: patients[index], rows: row..<row + 1, origin: origins[row]))
        }
      }
    }
    return result
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
    for stay in stays(model: model) {
      let start = positions.count
      for row in stay.rows where said.probabilities[row].isFinite {
        guard let label = said.labels[row] else { continue }
        rows.probabilities.append(said.probabilities[row])
        rows.labels.append(label)
        rows.alarms.append(said.probabilities[row] >= definition.alarm)
        rows.hours.append(models[model].hours[row])
        rows.sets?.append(said.sets[row])
        positions.append(row)
      }
      guard positions.count > start else { continue }
      rows.stays.append(start..<positions.count)
      rows.records.append(records[stay.record])
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
