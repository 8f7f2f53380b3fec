// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Something the user can accept with one act (cds-hooks 2.0, Suggestion).
package struct Suggestion: Sendable, Equatable {
  /// What a person reads.
  package var label: String
  /// Identifies the suggestion in feedback.
  package var uuid: String?
  /// Whether it is the one recommended.
  package var isRecommended: Bool?
  /// What accepting it does, all of it.
  package var actions: [Action]

  /// A suggestion.
  package init(label: String, uuid: String? = nil, isRecommended: Bool? = nil, actions: [Action] = []) {
    self.label = label
    self.uuid = uuid
    self.isRecommended = isRecommended
    self.actions = actions
  }

  /// The wire form.
  package var json: JSON {
    [
      "label": .string(label), "uuid": uuid.map(JSON.string), "isRecommended": isRecommended.map(JSON.boolean),
      "actions": actions.isEmpty ? nil : .array(actions.map(\.json)),
    ]
  }
}
