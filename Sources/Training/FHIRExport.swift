// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features
import FoundationEssentials

/// Writes stays of a data set as FHIR R4 resources: Patient, Encounter with its coded ICU location, Observations with
/// LOINC and UCUM codes. Ids, times and order depend on the stay alone.
///
/// What the chart's reader makes of the resources is what the data set's reader made of the record, bit for bit: values
/// are written in the profile's units by their shortest exact literal, times to the millisecond.
package struct FHIRExport: Sendable {
  /// The code by which a signal or static is written.
  private struct Code: Sendable {
    var system: String
    var code: String
    var display: String

    var json: JSON { ["system": .string(system), "code": .string(code), "display": .string(display)] }
  }

  /// The instant of every ICU admission: the data sets give hours only.
  private static let origin = "2026-01-01T00:00:00Z"
  private static let originYear = 2026

  private let profile: FeatureProfile
  private let dataSet: String
  private let signals: [Code]
  private let statics: [Code?]
  private let units: [Code]
  private let admission: Instant

  /// An export of a data set by a profile.
  ///
  /// - Parameter terminology: folder of the value sets; each signal is written by the first code of its first one.
  /// - Throws: `DatasetError.unreadable` naming the value set that cannot be read.
  package init(profile: FeatureProfile, dataSet: String, terminology: String) throws(DatasetError) {
    self.profile = profile
    self.dataSet = dataSet
    guard let admission = Instant(Self.origin) else { throw .unreadable(path: Self.origin) }
    self.admission = admission
    func first(_ valueSets: [String]) throws(DatasetError) -> Code {
      try Self.firstCode(valueSets.first ?? "", terminology)
    }
    signals = try profile.signals.map { signal throws(DatasetError) in try first(signal.valueSets) }
    statics = try profile.statics.map { known throws(DatasetError) in
      guard let sets = known.valueSets else { return nil }
      return try first(sets)
    }
    units = try ["icu-location", "icu-coronary", "icu-cardiac-surgery", "icu-medical", "icu-surgical"].map {
      name throws(DatasetError) in try Self.firstCode(name, terminology)
    }
  }

  /// The first code of a value set.
  private static func firstCode(_ valueSet: String, _ terminology: String) throws(DatasetError) -> Code {
    let path = "\(terminology)/ValueSet-\(valueSet).json"
    guard let data = FileManager.default.contents(atPath: path),
      let compose = (try? Document([UInt8](data), syntax: .json))?.root["compose"]
    else { throw .unreadable(path: path) }
    for include in compose.elements("include") {
      guard let system = include["system"]?.text, let concept = include.elements("concept").first,
        let code = concept["code"]?.text
      else { continue }
      return Code(system: system, code: code, display: concept["display"]?.text ?? code)
    }
    throw .unreadable(path: path)
  }

  /// The row of a stay in the `labels.csv` that goes with its resources.
  package func label(of stay: Stay) -> String {
    StayLabel.row(of: stay, patient: patientID(stay), admission: admission)
  }

  private func patientID(_ stay: Stay) -> String { "\(dataSet)-\(stay.id)" }

  /// The resources of a stay, the patient first, Observations by time.
  package func resources(of stay: Stay) -> [JSON] {
    let id = patientID(stay)
    var resources = [patient(stay, id), encounter(stay, id)]
    var number = 0
    func append(_ hours: Double, _ code: Code, _ value: JSON) {
      number += 1
      // Zero-padded, so that of two values of one moment the first has the lower id.
      let digits = String(number)
      let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      resources.append(observation(id, "\(id)-\(padded)", hours, code, value))
    }
    for (index, known) in profile.statics.enumerated() {
      guard let code = statics[index], stay.timeline.statics[index].isFinite else { continue }
      append(0, code, quantity(stay.timeline.statics[index], known.unit))
    }
    for (signal, sample) in samples(stay.timeline) {
      let definition = profile.signals[signal]
      let value: JSON =
        definition.presence == true
        ? ["valueBoolean": .boolean(sample.value != 0)] : quantity(sample.value, definition.unit)
      append(sample.hours, signals[signal], value)
    }
    return resources
  }

  /// All samples by time, those of one moment in the order of the profile's signals.
  private func samples(_ timeline: Timeline) -> [(signal: Int, sample: Sample)] {
    timeline.samples.enumerated().flatMap { signal, samples in samples.map { (signal, $0) } }
      .sorted { ($0.1.hours, $0.0) < ($1.1.hours, $1.0) }.map { (signal: $0.0, sample: $0.1) }
  }

  private func known(_ id: String, _ stay: Stay) -> Double? {
    profile.statics.firstIndex { $0.id == id }.map { stay.timeline.statics[$0] }.flatMap { $0.isFinite ? $0 : nil }
  }

  private func patient(_ stay: Stay, _ id: String) -> JSON {
    [
      "resourceType": "Patient", "id": .string(id),
      "gender": known("sex", stay).map { .string($0 == 1 ? "male" : "female") },
      // Born on the day of the year of admission, the age in completed years is exact.
      "birthDate": known("age", stay).map { .string("\(Self.originYear - Int($0))-01-01") },
    ]
  }

  private func encounter(_ stay: Stay, _ id: String) -> JSON {
    let unit = units[known("unit-type", stay).map { Int($0) } ?? 0]
    let general = units[0]
    var codings: [JSON] = [general.json]
    if unit.code != general.code { codings.append(unit.json) }
    let last = max(stay.outcome.hours.last ?? 0, stay.timeline.samples.compactMap(\.last?.hours).max() ?? 0)
    let period: JSON = ["start": .string(Self.origin), "end": .string(instant(last))]
    // Without the hospital's admission the encounter has no start: only that of the ICU location is known.
    let whole: JSON? = known("admission-delay", stay).map {
      ["start": .string(instant($0)), "end": .string(instant(last))]
    }
    return [
      "resourceType": "Encounter", "id": .string("\(id)-icu"), "status": "finished",
      "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"],
      "subject": ["reference": .string("Patient/\(id)")], "period": whole,
      "location": [
        [
          "location": ["display": .string(unit.display)], "status": "completed",
          "physicalType": ["coding": .array(codings)], "period": period,
        ]
      ],
    ]
  }

  private func observation(_ patient: String, _ id: String, _ hours: Double, _ code: Code, _ value: JSON) -> JSON {
    guard case .object(let members) = value else { return value }
    let head: JSON = [
      "resourceType": "Observation", "id": .string(id), "status": "final", "code": ["coding": [code.json]],
      "subject": ["reference": .string("Patient/\(patient)")],
      "encounter": ["reference": .string("Encounter/\(patient)-icu")], "effectiveDateTime": .string(instant(hours)),
    ]
    guard case .object(let first) = head else { return head }
    return .object(first + members)
  }

  private func quantity(_ value: Double, _ unit: String) -> JSON {
    [
      "valueQuantity": [
        "value": .number(value), "unit": .string(unit), "system": "http://unitsofmeasure.org", "code": .string(unit),
      ]
    ]
  }

  private func instant(_ hours: Double) -> String { admission.advanced(byHours: hours).description }
}
