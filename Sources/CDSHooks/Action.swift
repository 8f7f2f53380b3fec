// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A change a suggestion would make, or a systemAction makes (cds-hooks 2.0, Action).
///
/// The kinds hold exactly what each of them needs, so that a delete with a resource cannot be built.
public struct Action: Sendable, Equatable {
  /// What is done.
  public enum Kind: Sendable, Equatable {
    /// A new resource.
    case create(JSONObject)
    /// The whole updated resource.
    case update(JSONObject)
    /// The relative reference of what is deleted.
    case delete(String)
  }

  /// What is done.
  public var kind: Kind
  /// What a person reads; required in a suggestion, optional in a systemAction.
  public var description: String?
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// An action.
  public init(_ kind: Kind, description: String? = nil, extensions: JSONObject? = nil) {
    self.kind = kind
    self.description = description
    self.extensions = extensions
  }

  /// The wire form.
  package var json: JSON {
    let (type, resource, id): (String, JSONObject?, String?) =
      switch kind {
      case .create(let resource): ("create", resource, nil)
      case .update(let resource): ("update", resource, nil)
      case .delete(let id): ("delete", nil, id)
      }
    return [
      "type": .string(type), "description": description.map(JSON.string), "resource": resource?.json,
      "resourceId": id.map(JSON.string), "extension": extensions?.json,
    ]
  }
}
