// SPDX-License-Identifier: Apache-2.0
package import Features
import FoundationEssentials

/// Reads PhysioNet/CinC Challenge 2012: `<RecordID>.txt` files of `Time,Parameter,Value` and outcome files.
package struct PhysioNet2012: StayReader {
  package static let name = "physionet2012"
  package let files: [String]
  private let profile: FeatureProfile
  private let cleaning: Cleaning
  private let outcomes: [String: HospitalOutcome]

  /// The set of a folder that holds `set-a`, `set-b`, ... and `Outcomes-*.txt`, of which those stays are read that have
  /// an outcome.
  package init(directory: String, profile: FeatureProfile) throws(DatasetError) {
    let all = try Training.files(below: directory, suffix: ".txt")
    let outcomeFiles = all.filter { stem($0).lowercased().hasPrefix("outcomes") }
    var outcomes: [String: HospitalOutcome] = [:]
    for file in outcomeFiles { outcomes.merge(try Self.outcomes(file)) { first, _ in first } }
    let files = all.filter { outcomes[stem($0)] != nil }
    guard !files.isEmpty else { throw .noRecords(path: directory) }
    self.init(files: files, outcomes: outcomes, profile: profile)
  }

  /// All records of a folder, with the outcomes that `outcomes` has of them.
  package init(records directory: String, outcomes: String?, profile: FeatureProfile) throws(DatasetError) {
    let all = try Training.files(below: directory, suffix: ".txt")
    let files = all.filter { Int(stem($0)) != nil }
    guard !files.isEmpty else { throw .noRecords(path: directory) }
    var known: [String: HospitalOutcome] = [:]
    if let outcomes { known = try Self.outcomes(outcomes) }
    self.init(files: files, outcomes: known, profile: profile)
  }

  private init(files: [String], outcomes: [String: HospitalOutcome], profile: FeatureProfile) {
    self.files = files
    self.profile = profile
    self.outcomes = outcomes
    cleaning = Cleaning(profile, dataSet: Self.name)
  }

  /// The hours on record: stays shorter than 48 h are not in the challenge, and what comes later is left out.
  private static let hours = (1...48).map { Double($0) }

  package func read(_ file: String) throws(DatasetError) -> StayFile { StayFile([try stay(file)]) }

  /// Reads one record; its hospital outcome is nil when no outcome file has it.
  package func stay(_ path: String) throws(DatasetError) -> Stay {
    let text = try DelimitedText(path: path)
    var timeline = Timeline(profile)
    var record: String?
    var cuff: [(signal: Int, hours: Double, value: Double)] = []
    text.forEachRow(separator: 0x2C) { fields in
      guard fields.count >= 3, let hours = Self.hours(fields[0]), let value = DelimitedText.number(fields[2]) else {
        return
      }
      let parameter = DelimitedText.text(fields[1])
      switch parameter {
      case "RecordID": record = DelimitedText.text(fields[2])
      case "Age": cleaning.set("age", value, in: &timeline)
      case "Gender": cleaning.set("sex", value, in: &timeline)
      case "Height": cleaning.set("height", value, in: &timeline)
      case "ICUType": cleaning.set("unit-type", value, in: &timeline)
      default:
        // Rows with an empty or unknown parameter name occur and say nothing.
        guard let id = Self.signals[parameter] else { return }
        if let signal = cleaning.signal(id) {
          cleaning.add(value, hours: hours, signal: signal, to: &timeline)
        } else if let either = Self.eitherPressure[id], let signal = cleaning.signal(either) {
          if id.hasSuffix("-cuff") {
            cuff.append((signal, hours, value))
          } else {
            cleaning.add(value, hours: hours, signal: signal, to: &timeline)
          }
        }
      }
    }
    // Of one instant the first value stands: where a profile takes pressures however they were measured, the arterial
    // line's before the cuff's.
    for (signal, hours, value) in cuff { cleaning.add(value, hours: hours, signal: signal, to: &timeline) }
    Cleaning.settle(&timeline)
    let id = record ?? stem(path)
    let hospital = outcomes[id] ?? outcomes[stem(path)]
    return Stay(
      id: id, site: "MIMIC-II", timeline: timeline, outcome: StayOutcome(hours: Self.hours, hospital: hospital))
  }

  /// Hours of `hh:mm`, which may be 48:00.
  private static func hours(_ field: ArraySlice<UInt8>) -> Double? {
    let parts = field.split(separator: 0x3A)
    guard parts.count == 2, let hours = DelimitedText.number(parts[0]), let minutes = DelimitedText.number(parts[1])
    else { return nil }
    // One rounding, as from a FHIR instant: 1 h 20 min has the same bits from either.
    return (hours * 60 + minutes) / 60
  }

  /// The outcomes of an `Outcomes-x.txt` by record id. Death is the column `In-hospital_death`, because the documented
  /// rule 2 <= Survival <= Length_of_stay misses deaths with Survival 1.
  static func outcomes(_ path: String) throws(DatasetError) -> [String: HospitalOutcome] {
    let text = try DelimitedText(path: path)
    var columns: [String: Int]?
    var result: [String: HospitalOutcome] = [:]
    text.forEachRow(separator: 0x2C) { fields in
      guard let columns else {
        columns = [:]
        for (index, field) in fields.enumerated() {
          let name = DelimitedText.text(field).lowercased().filter { $0.isLetter }
          columns?[name] = index
        }
        return
      }
      func number(_ column: String) -> Double? {
        columns[column].flatMap { $0 < fields.count ? DelimitedText.number(fields[$0]) : nil }
      }
      guard let id = columns["recordid"], id < fields.count, let died = number("inhospitaldeath") else { return }
      let survival = number("survival") ?? -1
      result[DelimitedText.text(fields[id])] = HospitalOutcome(
        died: died > 0.5, survivalDays: survival > 0 ? survival : nil,
        // -1 is 'not known to have died'; 0 and -23 occur and mean nothing. A death in hospital needs a day.
        isSurvivalValid: survival > 0 || survival == -1 && died < 0.5)
    }
    guard columns?["recordid"] != nil else { throw .missingColumn(path: path, column: "RecordID") }
    guard columns?["inhospitaldeath"] != nil else { throw .missingColumn(path: path, column: "In-hospital_death") }
    return result
  }

  /// The signal of pressures that a profile has when it does not keep the arterial line and the cuff apart.
  private static let eitherPressure = [
    "sbp-invasive": "sbp", "dbp-invasive": "dbp", "map-invasive": "map", "sbp-cuff": "sbp", "dbp-cuff": "dbp",
    "map-cuff": "map",
  ]

  /// The challenge's parameters and our signals; units agree after the profile's faults.
  private static let signals = [
    "Albumin": "albumin", "ALP": "alp", "ALT": "alt", "AST": "ast", "Bilirubin": "bilirubin-total", "BUN": "bun",
    "Cholesterol": "cholesterol", "Creatinine": "creatinine", "DiasABP": "dbp-invasive", "FiO2": "fio2", "GCS": "gcs",
    "Glucose": "glucose", "HCO3": "hco3", "HCT": "hematocrit", "HR": "heart-rate", "K": "potassium",
    "Lactate": "lactate", "Mg": "magnesium", "MAP": "map-invasive", "MechVent": "mechanical-ventilation",
    "Na": "sodium", "NIDiasABP": "dbp-cuff", "NIMAP": "map-cuff", "NISysABP": "sbp-cuff", "PaCO2": "paco2",
    "PaO2": "pao2", "pH": "ph", "Platelets": "platelets", "RespRate": "respiratory-rate", "SaO2": "sao2",
    "SysABP": "sbp-invasive", "Temp": "temperature", "TroponinI": "troponin-i", "TroponinT": "troponin-t",
    "Urine": "urine-output", "WBC": "wbc", "Weight": "body-weight",
  ]
}
