// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What an answer depends on besides the chart, the instant and the configuration: which models are stopped, what was shown
/// before, and where its cards lead. It is recorded with the answer.
package struct AnswerState: Sendable, Equatable {
  /// Ids of the models that are stopped: they are not asked, and their findings say so.
  package var stoppedModels: Set<String>
  /// What was shown before.
  package var history: AlertHistory
  /// Where the cards lead to say why, by their uuid; empty where browsers do not know the service.
  package var pages: [String: String]

  /// A state; the usual one when nothing is given.
  package init(
    stoppedModels: Set<String> = [], history: AlertHistory = AlertHistory(), pages: [String: String] = [:]
  ) {
    self.stoppedModels = stoppedModels
    self.history = history
    self.pages = pages
  }

  /// For the record; nil for the usual state, in which nothing is stopped and nothing happened.
  package var record: [UInt8]? {
    if stoppedModels.isEmpty, history.isEmpty, pages.isEmpty { return nil }
    let state: JSON = [
      "stoppedModels": stoppedModels.isEmpty ? nil : .array(stoppedModels.sorted().map(JSON.string)),
      "history": history.isEmpty ? nil : history.json,
      "pages": pages.isEmpty
        ? nil : .object(pages.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }),
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
    var pages: [String: String] = [:]
    for page in root["pages"].map({ Array($0.children) }) ?? [] { pages[page.name ?? ""] = page.string }
    self.init(
      stoppedModels: Set(root.elements("stoppedModels").compactMap(\.string)),
      history: root["history"].map { AlertHistory($0) } ?? AlertHistory(), pages: pages)
  }
}
