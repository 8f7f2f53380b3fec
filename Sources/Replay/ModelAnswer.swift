// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR

/// What one model was shown and said, without what names resources and moments: what is the same of a chart and of its
/// de-identified copy.
struct ModelAnswer: Equatable {
  /// The model's id.
  let model: String
  /// The vector, each number as it was written; empty where the stay was not assessed.
  let values: [String]
  /// Hour, groups, findings, what was missing, stale and ignored.
  let outputs: JSON

  /// The groups of patients, such as `age:80-up`.
  var groups: [String] {
    guard case .array(let names)? = outputs["groups"] else { return [] }
    return names.compactMap { if case .string(let name) = $0 { name } else { nil } }
  }

  /// Of each model in an answer.
  ///
  /// - Parameters:
  ///   - features: `Assessment.vectors`.
  ///   - outputs: `Assessment.record`.
  static func all(features: [UInt8], outputs: [UInt8]) -> [ModelAnswer] {
    guard let features = try? Document(features, syntax: .json, limits: .fetched).root,
      let outputs = try? Document(outputs, syntax: .json, limits: .fetched).root
    else { return [] }
    let vectors = Array(features.children)
    return outputs.elements("models").enumerated().map { place, said in
      let vector = place < vectors.count ? vectors[place]["values"] : nil
      return ModelAnswer(
        model: said["model"]?.text ?? "", values: vector.map { $0.children.map { $0.text ?? "null" } } ?? [],
        outputs: plain(JSON(said)))
    }
  }

  /// For a line of an export.
  var json: JSON {
    [
      "model": .string(model), "values": .array(values.map { $0 == "null" ? .null : .number(literal: $0) }),
      "outputs": outputs,
    ]
  }

  /// What is kept of a record of outputs: numbers, and words of the models' own. Moments and resources are others in the copy;
  /// explanations are made only for what became a card.
  private static let kept: Set<String> = [
    "model", "version", "hour", "groups", "unlikeness", "score", "alarm", "signals", "findings", "outcome",
    "probability", "low", "high", "band", "predictionSet", "coverage", "yes", "no", "notAssessed", "code",
    "memberLogits", "survival", "days", "alive", "missing", "stale", "signal", "ageHours", "ignored", "reason", "count",
  ]

  private static func plain(_ json: JSON) -> JSON {
    switch json {
    case .object(let members):
      .object(members.filter { kept.contains($0.name) }.map { JSON.Member($0.name, plain($0.value)) })
    case .array(let entries): .array(entries.map(plain))
    default: json
    }
  }
}
