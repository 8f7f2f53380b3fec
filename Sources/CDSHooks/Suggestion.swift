// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Something the user can accept with one act (cds-hooks 2.0, Suggestion).
public struct Suggestion: Sendable, Equatable {
  /// Which of its actions a user takes on (3.0, for trial use): only towards clients known to support it.
  public enum ActionSelection: String, Sendable, CaseIterable {
    case all, any
    case atMostOne = "at-most-one"
  }

  /// What a person reads.
  public var label: String
  /// Identifies the suggestion in feedback.
  public var uuid: String?
  /// Whether it is the one recommended.
  public var isRecommended: Bool?
  /// What accepting it does; all of it unless `actionSelection` says otherwise.
  public var actions: [Action]
  /// Which of the actions; nil: all, in the words of 2.0.
  public var actionSelection: ActionSelection?
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// A suggestion.
  public init(
    label: String, uuid: String? = nil, isRecommended: Bool? = nil, actions: [Action] = [],
    actionSelection: ActionSelection? = nil, extensions: JSONObject? = nil
  ) {
    self.label = label
    self.uuid = uuid
    self.isRecommended = isRecommended
    self.actions = actions
    self.actionSelection = actionSelection
    self.extensions = extensions
  }

  /// The wire form.
  package var json: JSON {
    [
      "label": .string(label), "uuid": uuid.map(JSON.string), "isRecommended": isRecommended.map(JSON.boolean),
      "actions": actions.isEmpty ? nil : .array(actions.map(\.json)),
      "actionSelectionBehavior": actionSelection.map { .string($0.rawValue) }, "extension": extensions?.json,
    ]
  }
}
