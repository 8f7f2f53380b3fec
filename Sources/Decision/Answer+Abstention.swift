// SPDX-License-Identifier: Apache-2.0

extension Answer {
  /// Why a model stated nothing about outcomes of its.
  package struct Abstention: Sendable, Equatable {
    /// Id of the model.
    package var model: String
    /// Permanent code of the reason (`Finding.Reason.code`).
    package var code: String
    /// Heads of the outcomes it was a reason for.
    package var outcomes: [String]
  }

  /// What of a model's findings is not stated, by reason, in order of first appearance.
  static func abstentions(of model: String, in findings: some Sequence<Finding>) -> [Abstention] {
    var found: [Abstention] = []
    for finding in findings {
      let outcome = finding.outcome.head
      for reason in finding.reasons {
        guard let index = found.firstIndex(where: { $0.code == reason.code }) else {
          found.append(Abstention(model: model, code: reason.code, outcomes: [outcome]))
          continue
        }
        if !found[index].outcomes.contains(outcome) { found[index].outcomes.append(outcome) }
      }
    }
    return found
  }
}

extension Assessment {
  /// What is not stated, by model and reason.
  var abstentions: [Answer.Abstention] {
    models.flatMap { Answer.abstentions(of: $0.model.id, in: $0.findings) }
  }
}
