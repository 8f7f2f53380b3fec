// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What an answer depends on besides the chart, the instant and the configuration: which models are stopped, what was shown
/// before, and where its cards lead. It is recorded with the answer.
package struct AnswerState: Sendable, Equatable {
  /// Ids of the models that are stopped: they are not asked, and their findings say so.
  package var stoppedModels: Set<String>
  /// What was shown before.
  package var history: AlertHistory
  /// Where the cards lead to say why; nil where browsers do not know the service.
  package var explanations: ExplanationLinks?

  /// A state; the usual one when nothing is given.
  package init(
    stoppedModels: Set<String> = [], history: AlertHistory = AlertHistory(), explanations: ExplanationLinks? = nil
  ) {
    self.stoppedModels = stoppedModels
    self.history = history
    self.explanations = explanations
  }

  /// For the record; nil for the usual state, in which nothing is stopped and nothing happened.
  package var record: [UInt8]? {
    if stoppedModels.isEmpty, history.isEmpty, explanations == nil { return nil }
    let state: JSON = [
      "stoppedModels": stoppedModels.isEmpty ? nil : .array(stoppedModels.sorted().map(JSON.string)),
      "history": history.isEmpty ? nil : history.json, "explanations": explanations?.json,
    ]
    return state.encoded()
  }

  /// Reads it back from a record; nil when it is none.
  package init?(record: [UInt8]?) {
    guard let record else {
      self.init()
      return
    }
    guard let root = try? Document(record, syntax: .json).root else { return nil }
    self.init(
      stoppedModels: Set(root.elements("stoppedModels").compactMap(\.string)),
      history: root["history"].map { AlertHistory($0) } ?? AlertHistory(),
      explanations: root["explanations"].flatMap { ExplanationLinks($0) })
  }
}
