// SPDX-License-Identifier: Apache-2.0
import FHIR

extension DeidentifiedExport {
  /// What one model says otherwise of the copy.
  ///
  /// It says where the answers differ and not what was said: a probability on record would tell whoever has the models an age over 89.
  package struct Difference: Sendable, Equatable {
    /// Its id.
    package let model: String
    /// What differs in what the model was shown: signals, statics, scores of which the numbers of its vector are made, and what the
    /// groups of patients that differ are told by (age, sex, unit, hour), also where there is no vector.
    package let features: [String]
    /// What differs in what it says, such as `groups` and `findings.death.band`; `answers` where there is one on one side alone.
    package let outputs: [String]
    /// The groups of patients that are on one side alone.
    package let groups: (record: [String], copy: [String])

    /// - Parameters:
    ///   - before: what the model said on record: one answer, or none.
    ///   - after: what it says of the copy.
    ///   - series: what each column of its vector is made of.
    /// - Returns: nil where both are the same.
    init?(of model: String, _ before: [ModelAnswer], _ after: [ModelAnswer], _ series: [String]) {
      guard before != after else { return nil }
      self.model = model
      var features: [String] = []
      for (place, name) in series.enumerated() where !features.contains(name) {
        func values(_ side: [ModelAnswer]) -> [String?] {
          side.map { $0.values.indices.contains(place) ? $0.values[place] : nil }
        }
        if values(before) != values(after) { features.append(name) }
      }
      let (old, new) = (Set(before.flatMap(\.groups)), Set(after.flatMap(\.groups)))
      groups = (old.subtracting(new).sorted(), new.subtracting(old).sorted())
      for group in groups.record + groups.copy {
        let kind = String(group.prefix { $0 != ":" })
        if !features.contains(kind) { features.append(kind) }
      }
      self.features = features
      outputs =
        before.count == after.count
        ? zip(before, after).flatMap { Self.paths($0.outputs, $1.outputs, at: "") } : ["answers"]
    }

    package static func == (left: Difference, right: Difference) -> Bool {
      left.model == right.model && left.features == right.features && left.outputs == right.outputs
        && left.groups == right.groups
    }

    /// For a report.
    var json: JSON {
      func texts(_ list: [String]) -> JSON { .array(list.map(JSON.string)) }
      return [
        "id": .string(model), "features": texts(features), "outputs": texts(outputs),
        "groups": groups.record.isEmpty && groups.copy.isEmpty
          ? nil : ["record": texts(groups.record), "copy": texts(groups.copy)],
      ]
    }

    /// Where two values differ; entries of lists that are about something by what they are about.
    private static func paths(_ old: JSON?, _ new: JSON?, at path: String) -> [String] {
      if old == new { return [] }
      func at(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
      switch (old, new) {
      case (.object(let left)?, .object(let right)?):
        let names = left.map(\.name) + right.map(\.name).filter { name in !left.contains { $0.name == name } }
        return names.flatMap { paths(old?[$0], new?[$0], at: at($0)) }
      case (.array(let left)?, .array(let right)?) where left.count == right.count:
        let subjects = zip(left, right).map { subject($0) == subject($1) ? subject($0) : nil }
        guard !subjects.contains(nil) else { return [path] }
        return zip(subjects, zip(left, right)).flatMap { paths($1.0, $1.1, at: at($0 ?? "")) }
      default: return [path]
      }
    }

    private static func subject(_ entry: JSON) -> String? {
      for name in ["outcome", "signal"] {
        if case .string(let text)? = entry[name] { return text }
      }
      return nil
    }
  }
}
