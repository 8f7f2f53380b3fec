// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A change a suggestion would make, or a systemAction makes (cds-hooks 2.0, Action).
///
/// The kinds hold exactly what each of them needs, so that a delete with a resource cannot be built.
package struct Action: Sendable, Equatable {
  /// What is done.
  package enum Kind: Sendable, Equatable {
    /// A new resource.
    case create(JSON)
    /// The whole updated resource.
    case update(JSON)
    /// The relative reference of what is deleted.
    case delete(String)
  }

  /// What is done.
  package var kind: Kind
  /// What a person reads; required in a suggestion, optional in a systemAction.
  package var description: String?

  /// An action.
  package init(_ kind: Kind, description: String? = nil) {
    self.kind = kind
    self.description = description
  }

  /// The wire form.
  package var json: JSON {
    let description = description.map(JSON.string)
    return switch kind {
    case .create(let resource):
      ["type": "create", "description": description, "resource": resource]
    case .update(let resource):
      ["type": "update", "description": description, "resource": resource]
    case .delete(let id):
      ["type": "delete", "description": description, "resourceId": .string(id)]
    }
  }
}
