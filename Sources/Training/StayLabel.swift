// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What a hospital knows of one stay in intensive care besides its chart: a row of `labels.csv`.
///
/// Columns are found by their names in the first row; all but `patient` may be missing. `unknown` in a field teaches
/// nothing; what an empty field means is said below. Fields are not quoted.
///
/// | Column | Meaning |
/// | --- | --- |
/// | `patient` | the bare id of the Patient |
/// | `id` | name of the stay in reports; empty: the patient's id |
/// | `site` | the hospital |
/// | `icu_start` | an instant (RFC 3339) in the stay; empty: the patient's last stay |
/// | `icu_end` | the last instant of which is known what happened; empty: the end in the chart |
/// | `from_hour` | the first hour of the stay on record; empty: 1 |
/// | `died_in_hospital` | 1 or 0; empty: unknown |
/// | `survival_days` | days from ICU admission to death; empty: none recorded |
/// | `sepsis_onset_hour` | hours from ICU admission to the onset of sepsis; empty: none in the stay |
package struct StayLabel: Sendable, Equatable {
  package var patient: String
  package var id: String
  package var site = ""
  package var start: Instant?
  package var end: Instant?
  package var fromHour = 1.0
  package var hospital: HospitalOutcome?
  /// Nil: not known; a nil inside: no sepsis.
  package var sepsisOnset: Double??

  /// A stay of which nothing but the patient is known.
  package init(patient: String, id: String) {
    self.patient = patient
    self.id = id
  }

  /// What is known of the hours from `fromHour` up to `length` hours after admission.
  package func outcome(length: Double) -> StayOutcome {
    let hours = fromHour <= length ? Array(stride(from: fromHour, through: length.rounded(.down), by: 1)) : []
    // PhysioNet 2019 counts sepsis from six hours before its onset on.
    let sepsis = sepsisOnset.map { onset in hours.map { hour in onset.map { hour >= $0 - 6 } ?? false } }
    return StayOutcome(hours: hours, hospital: hospital, sepsis: sepsis)
  }
}

extension StayLabel {
  /// The name of the file in a folder of FHIR.
  package static let file = "labels.csv"

  private enum Field: String, CaseIterable {
    case patient, id, site
    case start = "icu_start"
    case end = "icu_end"
    case fromHour = "from_hour"
    case died = "died_in_hospital"
    case survival = "survival_days"
    case sepsis = "sepsis_onset_hour"
  }

  /// The first row of a file.
  package static let header = Field.allCases.map(\.rawValue).joined(separator: ",")

  /// The rows of a file.
  ///
  /// - Throws: `DatasetError` when it cannot be read, has no column `patient`, or has a field that means nothing; the line
  ///   and the column are named, never what stands there.
  package static func read(_ path: String) throws(DatasetError) -> [StayLabel] {
    var columns: [Field: Int]?
    var labels: [StayLabel] = []
    var line = 0
    try DelimitedText(path: path).forEachRow(separator: 0x2C) { fields throws(DatasetError) in
      line += 1
      guard let columns else {
        columns = [:]
        for (index, field) in fields.enumerated() {
          if let known = Field(rawValue: DelimitedText.text(field).lowercased()) { columns?[known] = index }
        }
        guard columns?[.patient] != nil else { throw .missingColumn(path: path, column: Field.patient.rawValue) }
        return
      }
      let row = Row(path: path, line: line, columns: columns, fields: fields)
      labels.append(try StayLabel(row))
    }
    guard columns != nil else { throw .missingColumn(path: path, column: Field.patient.rawValue) }
    // Several stays of one patient without names of their own.
    var counts: [String: Int] = [:]
    for index in labels.indices where labels[index].id.isEmpty {
      counts[labels[index].patient, default: 0] += 1
      let number = counts[labels[index].patient] ?? 1
      labels[index].id = number == 1 ? labels[index].patient : "\(labels[index].patient)-\(number)"
    }
    return labels
  }

  private struct Row {
    let path: String
    let line: Int
    let columns: [Field: Int]
    let fields: [ArraySlice<UInt8>]

    /// The text of a field; nil when its column or the field itself is missing.
    func text(_ field: Field) -> String? {
      columns[field].flatMap { $0 < fields.count ? DelimitedText.text(fields[$0]) : nil }
    }

    func value<Value>(_ field: Field, _ parse: (String) -> Value?) throws(DatasetError) -> Value? {
      guard let text = text(field), !text.isEmpty, text != "unknown" else { return nil }
      guard let value = parse(text) else {
        throw .invalidField(path: path, line: line, column: field.rawValue)
      }
      return value
    }

    func number(_ field: Field) throws(DatasetError) -> Double? {
      try value(field) { Double($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
    }

    /// Whether it is said that something did not happen, as against not known.
    func isEmpty(_ field: Field) -> Bool { text(field)?.isEmpty == true }
  }

  private init(_ row: Row) throws(DatasetError) {
    guard let patient = row.text(.patient), !patient.isEmpty else {
      throw .invalidField(path: row.path, line: row.line, column: Field.patient.rawValue)
    }
    self.init(patient: patient, id: row.text(.id) ?? "")
    site = row.text(.site) ?? ""
    start = try row.value(.start) { Instant($0) }
    end = try row.value(.end) { Instant($0) }
    fromHour = try row.number(.fromHour) ?? 1
    if let died = try row.value(.died, { ["1": true, "0": false][$0] }) {
      let days = try row.number(.survival)
      // A death in hospital needs its day; that no death is recorded is knowledge only where it is said.
      hospital = HospitalOutcome(
        died: died, survivalDays: days, isSurvivalValid: days != nil || row.isEmpty(.survival) && !died)
    }
    if let onset = try row.number(.sepsis) {
      sepsisOnset = .some(onset)
    } else if row.isEmpty(.sepsis) {
      sepsisOnset = .some(nil)
    }
  }

  /// The row of a stay of a public data set whose hours follow each other.
  ///
  /// - Parameters:
  ///   - patient: the id of its Patient.
  ///   - admission: the instant of its hour 0.
  package static func row(of stay: Stay, patient: String, admission: Instant) -> String {
    let outcome = stay.outcome
    let end = outcome.hours.last ?? 0
    func number(_ value: Double) -> String {
      value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }
    let hospital = outcome.hospital
    let survival = hospital.map { $0.isSurvivalValid ? $0.survivalDays.map(number) ?? "" : "unknown" } ?? "unknown"
    let sepsis = outcome.sepsis.map { labels in
      zip(outcome.hours, labels).first { $0.1 }.map { number($0.0 + 6) } ?? ""
    }
    return [
      patient, stay.id, stay.site, admission.description, admission.advanced(byHours: end).description,
      number(outcome.hours.first ?? 1), hospital.map { $0.died ? "1" : "0" } ?? "", survival, sepsis ?? "unknown",
    ].joined(separator: ",")
  }
}
