// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// One row of the discovery document: a service under one hook (cds-hooks 2.0 and 3.0 ballot, Discovery).
///
/// The same id may stand under several hooks; a later answer then replaces the earlier cards.
public struct Service: Sendable, Equatable {
  /// A prefetch template. The order of templates is significant: one may use `%key` of those before it.
  public struct Template: Sendable, Equatable {
    /// The key under which the client sends the result.
    public var key: String
    /// A relative FHIR read or search with `{{tokens}}`.
    public var query: String { didSet { parsed = PrefetchTemplate(query) } }
    /// The query as it was understood, once for all calls; nil when it was not.
    package private(set) var parsed: PrefetchTemplate?
    /// Whether the service cannot answer without it.
    public var isRequired: Bool
    /// Whether discovery lists it; one that is not is run by the service itself where it can.
    public var isPublished: Bool

    /// A template.
    public init(key: String, query: String, isRequired: Bool = true, isPublished: Bool = true) {
      self.key = key
      self.query = query
      parsed = PrefetchTemplate(query)
      self.isRequired = isRequired
      self.isPublished = isPublished
    }
  }

  /// The hook it answers.
  public var hook: String
  /// The last segment of its URL.
  public var id: String
  /// A name for people.
  public var title: String?
  /// What it does; Markdown.
  public var description: String
  /// What it reads of the chart, published or not.
  public var prefetch: [Template]
  /// What has to hold for it to be of use.
  public var usageRequirements: String?
  /// The CDS Hooks version it implements, a semantic version (3.0).
  public var version: String?
  /// The version of the hook's definition (3.0).
  public var hookVersion: String?
  /// What was agreed with clients.
  public var extensions: JSONObject?

  /// A service.
  public init(
    hook: String, id: String, title: String? = nil, description: String, prefetch: [Template] = [],
    usageRequirements: String? = nil, version: String? = nil, hookVersion: String? = nil,
    extensions: JSONObject? = nil
  ) {
    self.hook = hook
    self.id = id
    self.title = title
    self.description = description
    self.prefetch = prefetch
    self.usageRequirements = usageRequirements
    self.version = version
    self.hookVersion = hookVersion
    self.extensions = extensions
  }

  /// The wire form; prefetch keeps its order.
  package var json: JSON {
    let published = prefetch.filter(\.isPublished)
    return [
      "hook": .string(hook), "id": .string(id), "title": title.map(JSON.string), "description": .string(description),
      "prefetch": published.isEmpty ? nil : .object(published.map { JSON.Member($0.key, .string($0.query)) }),
      "usageRequirements": usageRequirements.map(JSON.string), "version": version.map(JSON.string),
      "hookVersion": hookVersion.map(JSON.string), "extension": extensions?.json,
    ]
  }
}
