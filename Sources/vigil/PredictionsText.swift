// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Training

/// Predictions as CSV, and scores as JSON.
struct PredictionsText {
  let found: PackageEvaluation

  init(_ found: PackageEvaluation) {
    self.found = found
  }

  /// A header and a line a row; an outcome that is scored at one hour has a row a stay and no column of hours.
  var csv: String {
    guard let first = found.outcomes.first else { return "" }
    let hour = first.head.scoredAtHour
    let others = found.outcomes.dropFirst()
    var header = hour == nil ? ["id", "hour", "probability", "alarm"] : ["id", "probability", "alarm"]
    for other in others { header += [other.head.name, "\(other.head.name)-alarm"] }
    var lines = [header.joined(separator: ",")]
    for record in found.records {
      for row in record.rows where hour == nil || found.hours[row] == hour {
        var fields = [record.id]
        if hour == nil { fields.append(text(found.hours[row])) }
        for outcome in found.outcomes {
          let probability = outcome.probabilities[row]
          fields += ["\(probability)", probability >= outcome.outcome.alarm ? "1" : "0"]
        }
        lines.append(fields.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func text(_ hour: Double) -> String {
    hour == hour.rounded() && abs(hour) < 1e9 ? "\(Int(hour))" : "\(hour)"
  }
}

/// The scores of the first outcome, and beside them all that was computed.
struct ScoresText: Encodable {
  private let scores: Scores?
  private let evaluation: Evaluation

  init(_ evaluation: Evaluation) {
    scores = evaluation.outcomes.first?.scores
    self.evaluation = evaluation
  }

  private enum CodingKeys: String, CodingKey {
    case concordance, integratedBrier, evaluation
  }

  func encode(to encoder: any Encoder) throws {
    try scores?.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(evaluation.survival?.concordance, forKey: .concordance)
    try container.encodeIfPresent(evaluation.survival?.integratedBrier, forKey: .integratedBrier)
    try container.encode(evaluation, forKey: .evaluation)
  }

  /// The JSON text.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
