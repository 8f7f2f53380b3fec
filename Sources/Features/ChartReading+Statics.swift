// SPDX-License-Identifier: Apache-2.0
import FHIR

extension ChartReading {
  /// Fills the profile's statics from Patient, Encounter and the latest Observation of their value sets.
  mutating func readStatics(_ bySlot: [[Int32]]) {
    let first = profile.signals.count
    for (index, item) in profile.statics.enumerated() {
      if item.valueSets != nil {
        // The preferred among those of one moment. Candidates are in range already.
        let latest = bySlot[first + index].map { candidates[Int($0)] }.max { left, right in
          left.moment != right.moment ? left.moment < right.moment : isPreferred(right, to: left)
        }
        if let latest {
          timeline.statics[index] = latest.value
          timeline.staticSources[index] = timeline.sources.append(latest)
        }
        continue
      }
      switch item.id {
      case "age": readAge(index)
      case "sex": readSex(index)
      case "unit-type": readUnitType(index)
      case "admission-delay": readAdmissionDelay(index)
      default: break
      }
    }
  }

  private mutating func set(_ index: Int, _ value: Double, _ source: Source) {
    guard profile.statics[index].range.contains(value) else { return }
    timeline.statics[index] = value
    timeline.staticSources[index] = timeline.sources.append(source)
  }

  /// Completed years at ICU admission; of a birth date without day or month the middle of what it allows.
  private mutating func readAge(_ index: Int) {
    guard let stay, let patient = chart.patient, let birth = patient.node["birthDate"]?.text, let age = age(in: stay)
    else {
      return
    }
    set(
      index, Double((age.least + age.most) / 2),
      Source(
        resource: Source.name(of: patient.node), version: patient.versionID, code: "Patient.birthDate",
        value: birth, instant: stay.start, conversion: "completed years at ICU admission"))
  }

  /// R4 administrative-gender: other and unknown are missing.
  private mutating func readSex(_ index: Int) {
    guard let patient = chart.patient, let gender = patient.node["gender"]?.text else { return }
    guard patient.gender == .male || patient.gender == .female else { return }
    set(
      index, patient.gender == .male ? 1 : 0,
      Source(
        resource: Source.name(of: patient.node), version: patient.versionID, code: "Patient.gender",
        value: gender, instant: stay?.start ?? instant))
  }

  /// The kind of the first unit of the stay, where it is coded so: 1 coronary care, 2 cardiac surgery recovery,
  /// 3 medical, 4 surgical. Codings that name two kinds name none.
  private mutating func readUnitType(_ index: Int) {
    guard let stay else { return }
    var found: [(kind: Int, coding: Node)] = []
    for coding in stay.codings {
      for set in terminology.valueSets(of: coding) {
        guard let kind = Self.unitTypes.firstIndex(of: set) else { continue }
        found.append((kind + 1, coding))
      }
    }
    guard let first = found.first, found.allSatisfy({ $0.kind == first.kind }) else { return }
    set(
      index, Double(first.kind),
      Source(
        resource: Source.name(of: stay.encounter.node), version: stay.encounter.versionID,
        code: Terminology.text(of: first.coding), value: first.coding.codeOrValue ?? "",
        instant: stay.start))
  }

  /// Value sets of unit types, in the order of their numbers.
  private static let unitTypes = ["icu-coronary", "icu-cardiac-surgery", "icu-medical", "icu-surgical"]

  /// Hours from ICU to hospital admission, negative when the hospital came first. Hospital admission is the start of the
  /// encounter that holds the ICU location, or of the one that the ICU encounter is part of.
  private mutating func readAdmissionDelay(_ index: Int) {
    guard let stay else { return }
    var encounter = stay.encounter
    var references = chart.references
    if let reference = encounter.partOf, let node = references.resolve(reference, in: encounter.node),
      let whole = Encounter(node)
    {
      encounter = whole
    }
    guard let start = encounter.period?.node["start"], let moment = start.dateTime, moment.hasTimeZone else { return }
    set(
      index, moment.earliest.hours(since: stay.start),
      Source(
        resource: Source.name(of: encounter.node), version: encounter.versionID,
        code: "Encounter.period.start", value: start.text ?? "", instant: moment.earliest,
        conversion: "hours from ICU admission"))
  }
}
