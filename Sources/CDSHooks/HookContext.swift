// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What the user is doing: the `context` of a request, its ids in bare form.
public struct HookContext: Sendable {
  /// The patient, as a bare id.
  public let patientID: String
  /// The encounter, as a bare id.
  public let encounterID: String?
  /// The user as `Type/id`, where the hook has one and the client sent it.
  public let userID: String?
  /// The references of `selections` or `dispatchedOrders`, as sent.
  public let references: [String]
  /// The resources the hook is about: entries of `draftOrders`, `appointments`, `conditions`, ... in order.
  package let resources: [Node]
  /// The whole member, for hooks of one's own.
  package let node: Node
}
