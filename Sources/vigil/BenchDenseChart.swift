// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

/// A made-up chart of intensive care in which every Observation is a value that the profile uses: the most that features
/// can cost for each byte of text.
struct BenchDenseChart {
  let profile: FeatureProfile
  let terminology: Terminology

  /// A searchset as a server sends it, of about `count` Observations over 48 hours, in order of time. A record that is
  /// written every few minutes has 2,000 to 6,000, which are 1 to 4 MB.
  func bundle(observations count: Int) -> JSON {
    let signals = profile.signals.compactMap { signal in concept(of: signal).map { (signal, $0) } }
    let rounds = max(1, count / max(1, signals.count))
    let start = Instant(milliseconds: 1_772_323_200_000)  // 2026-03-01T00:00:00Z
    var entries = [patient, location, encounter(from: start)]
    for round in 0..<rounds {
      let time = start.advanced(byHours: 47.9 * Double(round + 1) / Double(rounds))
      for (place, (signal, concept)) in signals.enumerated() {
        // All of the middle tenth of the plausible range, in an order that repeats late.
        let share = 0.45 + Double((round * 37 + place * 11) % 101) / 1010
        let value = signal.range.lowerBound + (signal.range.upperBound - signal.range.lowerBound) * share
        entries.append(observation(number: entries.count, signal, concept, (value * 100).rounded() / 100, at: time))
      }
    }
    return [
      "resourceType": "Bundle", "id": "dense", "type": "searchset", "total": .number(entries.count),
      "entry": .array(entries.map { resource in entry(resource) }),
    ]
  }

  private func concept(of signal: Signal) -> Terminology.Concept? {
    let sets = terminology.valueSets.filter { signal.valueSets.contains($0.id) }
    return sets.flatMap(\.concepts).first { $0.system == "http://loinc.org" }
  }

  private func entry(_ resource: JSON) -> JSON {
    guard case .string(let type)? = resource["resourceType"], case .string(let id)? = resource["id"] else {
      return .null
    }
    return [
      "fullUrl": .string("https://fhir.hospital.example/r4/\(type)/\(id)"), "resource": resource,
      "search": ["mode": "match"],
    ]
  }

  private var patient: JSON {
    ["resourceType": "Patient", "id": "dense", "active": true, "gender": "male", "birthDate": "1961-04-09"]
  }

  private var location: JSON {
    let code: JSON = ["system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "ICU"]
    return [
      "resourceType": "Location", "id": "icu", "status": "active", "name": "Intensive care unit",
      "type": [["coding": [code]]],
    ]
  }

  private func encounter(from start: Instant) -> JSON {
    let period: JSON = ["start": .string(start.description)]
    return [
      "resourceType": "Encounter", "id": "stay", "status": "in-progress",
      "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"],
      "subject": ["reference": "Patient/dense"], "period": period,
      "location": [["location": ["reference": "Location/icu"], "status": "active", "period": period]],
    ]
  }

  private func observation(
    number: Int, _ signal: Signal, _ concept: Terminology.Concept, _ value: Double, at time: Instant
  ) -> JSON {
    let category: JSON = [
      "system": "http://terminology.hl7.org/CodeSystem/observation-category",
      "code": signal.category == .lab ? "laboratory" : "vital-signs",
    ]
    let code: JSON = [
      "system": .string(concept.system), "code": .string(concept.code), "display": .string(concept.display),
    ]
    let unit = JSON.string(signal.unit)
    return [
      "resourceType": "Observation", "id": .string("dense-\(number)"),
      "meta": ["versionId": "1", "lastUpdated": .string(time.description)], "status": "final",
      "category": [["coding": [category]]], "code": ["coding": [code], "text": .string(signal.title)],
      "subject": ["reference": "Patient/dense"], "encounter": ["reference": "Encounter/stay"],
      "effectiveDateTime": .string(time.description), "issued": .string(time.advanced(byHours: 0.05).description),
      "valueQuantity": [
        "value": .number(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
      ],
    ]
  }
}
