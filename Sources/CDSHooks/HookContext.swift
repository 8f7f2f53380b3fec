// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What the user is doing: the `context` of a request, its ids in bare form.
public struct HookContext: Sendable {
  /// A member beside the three ids, as far as the hook's definition says what it holds.
  struct Member: Sendable {
    /// The name of the current definition, whatever name was sent.
    var name: String
    /// The value as sent.
    var node: Node
    /// Its references, as sent.
    var references: [String] = []
    /// Its resources; of a Bundle those of its entries.
    var resources: [Node] = []
  }

  /// The patient, as a bare id.
  public let patientID: String
  /// The encounter, as a bare id.
  public let encounterID: String?
  /// The user as `Type/id`, where the hook has one and the client sent it.
  public let userID: String?
  /// The other members that the hook defines, in the definition's order.
  let members: [Member]
  /// The whole member, for hooks of one's own.
  package let node: Node

  /// The references of a member, such as `selections` or `performer`, as sent; none where it is absent.
  public func references(_ member: String) -> [String] {
    members.first { $0.name == member }?.references ?? []
  }

  /// The resources of a member, such as `draftOrders`, in order; of a Bundle those of its entries.
  package func resources(_ member: String) -> [Node] {
    members.first { $0.name == member }?.resources ?? []
  }

  /// The resources of a member as JSON.
  public func objects(_ member: String) -> [JSONObject] {
    resources(member).map { JSONObject(JSON($0)) }
  }

  /// All resources the hook is about, in order.
  package var resources: [Node] { members.flatMap(\.resources) }
}
