// SPDX-License-Identifier: Apache-2.0
package import Features

/// Reads PhysioNet/CinC Challenge 2019: `<record>.psv` files, a row an ICU hour.
package struct PhysioNet2019: StayReader {
  package static let name = "physionet2019"
  package let files: [String]
  private let profile: FeatureProfile
  private let cleaning: Cleaning

  /// All `.psv` files below a folder.
  package init(directory: String, profile: FeatureProfile) throws(DatasetError) {
    files = try Training.files(below: directory, suffix: ".psv")
    guard !files.isEmpty else { throw .noRecords(path: directory) }
    self.profile = profile
    cleaning = Cleaning(profile, dataSet: Self.name)
  }

  package func read(_ file: String) throws(DatasetError) -> StayFile { StayFile([try stay(file)]) }

  /// Reads one record; a file without rows gives a stay without hours.
  package func stay(_ path: String) throws(DatasetError) -> Stay {
    let text = try DelimitedText(path: path)
    var timeline = Timeline(profile)
    var (hours, labels) = ([Double](), [Bool]())
    var columns: [Column] = []
    text.forEachRow(separator: 0x7C) { fields in
      guard !columns.isEmpty else {
        columns = fields.map { column(DelimitedText.text($0).lowercased()) }
        return
      }
      let position = columns.firstIndex(of: .hour).flatMap {
        $0 < fields.count ? DelimitedText.number(fields[$0]) : nil
      }
      let hour = position ?? (hours.last ?? 0) + 1
      hours.append(hour)
      for (column, field) in zip(columns, fields) {
        // 'NaN' is by far the most frequent field.
        guard field.first != 0x4E, let value = DelimitedText.number(field) else { continue }
        switch column {
        case .signal(let signal): cleaning.add(value, hours: hour, signal: signal, to: &timeline)
        // Completed years, as a birth date gives them: some ages have decimals.
        case .known("age"): cleaning.set("age", value.rounded(.down), in: &timeline)
        case .known(let id): cleaning.set(id, value, in: &timeline)
        // Unit1 is the medical, Unit2 the surgical ICU.
        case .medicalUnit: if value > 0.5 { cleaning.set("unit-type", 3, in: &timeline) }
        case .surgicalUnit: if value > 0.5 { cleaning.set("unit-type", 4, in: &timeline) }
        case .label: labels.append(value > 0.5)
        case .hour, .ignored: break
        }
      }
    }
    Cleaning.settle(&timeline)
    let id = stem(path)
    // Records p0... are of hospital A, p1... of hospital B; `SepsisLabel` is 1 from six hours before onset.
    let site = id.hasPrefix("p0") ? "A" : id.hasPrefix("p1") ? "B" : "unknown"
    let sepsis = labels.count == hours.count && !hours.isEmpty ? labels : nil
    return Stay(id: id, site: site, timeline: timeline, outcome: StayOutcome(hours: hours, sepsis: sepsis))
  }

  private enum Column: Equatable {
    case signal(Int), known(String), medicalUnit, surgicalUnit, hour, label, ignored
  }

  private func column(_ name: String) -> Column {
    switch name {
    case "age": .known("age")
    case "gender": .known("sex")
    case "hospadmtime": .known("admission-delay")
    case "unit1": .medicalUnit
    case "unit2": .surgicalUnit
    case "iculos": .hour
    case "sepsislabel": .label
    default: Self.signals[name].flatMap { cleaning.signal($0) }.map { .signal($0) } ?? .ignored
    }
  }

  /// The challenge's columns in lower case and our signals. FiO2 is a fraction, lactate mmol/L and magnesium mg/dL in
  /// spite of the documentation.
  private static let signals = [
    "hr": "heart-rate", "o2sat": "spo2", "temp": "temperature", "sbp": "sbp", "map": "map", "dbp": "dbp",
    "resp": "respiratory-rate", "etco2": "etco2", "baseexcess": "base-excess", "hco3": "hco3", "fio2": "fio2",
    "ph": "ph", "paco2": "paco2", "sao2": "sao2", "ast": "ast", "bun": "bun", "alkalinephos": "alp",
    "calcium": "calcium-total", "chloride": "chloride", "creatinine": "creatinine",
    "bilirubin_direct": "bilirubin-direct", "glucose": "glucose", "lactate": "lactate", "magnesium": "magnesium",
    "phosphate": "phosphate", "potassium": "potassium", "bilirubin_total": "bilirubin-total",
    "troponini": "troponin-i", "hct": "hematocrit", "hgb": "hemoglobin", "ptt": "ptt", "wbc": "wbc",
    "fibrinogen": "fibrinogen", "platelets": "platelets",
  ]
}
