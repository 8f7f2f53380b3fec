// SPDX-License-Identifier: Apache-2.0

/// A container of resources (R4 bundle.html).
package struct Bundle: Resource {
  package static let type: StaticString = "Bundle"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// What the bundle is for (R4 and R5 valueset-bundle-type.html).
  package enum Purpose: String, Sendable, CaseIterable {
    case document, message, transaction, batch, history, searchset, collection
    case transactionResponse = "transaction-response"
    case batchResponse = "batch-response"
    case subscriptionNotification = "subscription-notification"
  }

  /// One entry.
  package struct Entry: Sendable {
    /// The element.
    package let node: Node
    /// The identity of the resource.
    package var fullURL: String? { node["fullUrl"]?.string }
    /// The resource.
    package var resource: Node? { node["resource"] }
    /// match, include or outcome, in a searchset.
    package var searchMode: String? { node["search"]?["mode"]?.string }
    /// The HTTP status of a response, such as `404 Not Found`.
    package var responseStatus: String? { node["response"]?["status"]?.string }
    /// What a response says of a problem.
    package var outcome: OperationOutcome? { node["response"]?["outcome"].flatMap { OperationOutcome($0) } }
  }

  /// What the bundle is for; nil when absent or not one of FHIR's.
  package var purpose: Purpose? { node["type"]?.string.flatMap(Purpose.init) }
  /// Matches over all pages, where the server counted them.
  package var total: Double? { node["total"]?.double }
  /// The URL of the next page.
  package var next: String? { node.elements("link").first { $0["relation"]?.equals("next") == true }?["url"]?.string }
  /// The entries.
  package var entries: [Entry] { node.elements("entry").map { Entry(node: $0) } }
}

/// What went wrong, as another system says it (R4 operationoutcome.html).
package struct OperationOutcome: Resource {
  package static let type: StaticString = "OperationOutcome"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// One problem.
  package struct Problem: Sendable {
    /// fatal, error, warning or information.
    package let severity: String?
    /// The kind of problem (R4 valueset-issue-type.html).
    package let code: String?
  }

  /// The problems. Their texts are the other system's and may hold patient data: they are not read.
  package var problems: [Problem] {
    node.elements("issue").map { Problem(severity: $0["severity"]?.string, code: $0["code"]?.string) }
  }
}
