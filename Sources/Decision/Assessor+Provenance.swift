// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

extension Assessor {
  /// What each model was given of a chart and what not, as JSON text: an array of an object a model.
  ///
  /// It begins as the record of an answer has it (`Assessment.vectors`): `values` with their places `from` in `sources`. Beside it
  /// stand the names of the `columns`, what each source was `used` as (signal, value and unit, parallel to `sources`), the signals
  /// that are `missing` with what was sent of them in vain, `stale` ones, and each value that was `ignored`, with the reason.
  ///
  /// - Parameter assessment: by this assessor.
  package func provenance(of assessment: Assessment) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    var written: [SourceList.Key: Range<Int>] = [:]
    for (index, model) in assessment.models.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      model.writeVector(to: &bytes, &written)
      // The object goes on.
      bytes[bytes.count - 1] = UInt8(ascii: ",")
      bytes += model.provenance(packages[index].profile).encoded().dropFirst()
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }
}

extension ModelAssessment {
  /// The sources of which any column of the vector is made, in order; none where the networks were not asked.
  var usedSources: [Source] { Set(columnSources.joined()).sorted().map { timeline.sources[Int($0)] } }

  /// What stands beside the vector.
  fileprivate func provenance(_ profile: FeatureProfile) -> JSON {
    [
      "columns": vector.map { _ in .array(profile.columns.map { .string($0.id) }) },
      "used": vector.map { _ in .array(used(profile)) },
      "missing": .array(withoutValue(profile)), "stale": staleRecord,
      "ignored": .array(
        timeline.ignored.enumerated().map { place, value in
          [
            "resource": .string(timeline.ignored.resource(at: place)), "path": .string(value.path),
            "signal": value.signal.map(JSON.string), "reason": .string(value.reason.rawValue),
          ]
        }),
    ]
  }

  /// What each source was used as, in the profile's units: each became one value of one signal or static.
  private func used(_ profile: FeatureProfile) -> [JSON] {
    var used = [JSON](repeating: .null, count: timeline.sources.count)
    func use(_ source: Int32, _ signal: String, _ value: Double, _ unit: String) {
      guard used.indices.contains(Int(source)) else { return }
      used[Int(source)] = ["signal": .string(signal), "value": .number(value), "unit": .string(unit)]
    }
    for (signal, samples) in zip(profile.signals, timeline.samples) {
      for sample in samples { use(sample.source, signal.id, sample.value, signal.unit) }
    }
    for (place, item) in profile.statics.enumerated() {
      use(timeline.staticSources[place], item.id, timeline.statics[place], item.unit)
    }
    return used
  }

  /// The signals and statics without any value, and how many values of each were sent and not used, by reason: none, where
  /// nothing was sent.
  private func withoutValue(_ profile: FeatureProfile) -> [JSON] {
    let ids =
      zip(profile.signals, timeline.samples).filter { $1.isEmpty }.map(\.0.id)
      + zip(profile.statics, timeline.statics).filter { !$1.isFinite }.map(\.0.id)
    var reasons = Dictionary(ids.map { ($0, [Exclusion: Int]()) }) { first, _ in first }
    for value in timeline.ignored {
      if let signal = value.signal { reasons[signal]?[value.reason, default: 0] += 1 }
    }
    return ids.map { id in
      let found = (reasons[id] ?? [:]).sorted { $0.key.rawValue < $1.key.rawValue }
      return [
        "signal": .string(id),
        "ignored": found.isEmpty
          ? nil : .object(found.map { JSON.Member($0.key.rawValue, .number($0.value)) }),
      ]
    }
  }
}
