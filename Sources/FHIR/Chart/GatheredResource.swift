// SPDX-License-Identifier: Apache-2.0

/// A resource as it was found, with what is needed to tell whose it is and which version.
struct GatheredResource {
  let node: Node
  let type: TextSlice
  let id: TextSlice?
  /// The entry's `fullUrl`.
  let fullURL: TextSlice?
  /// The server in `fullURL`, where it is a RESTful one: relative references of the resource start there
  /// (R4 bundle.html#references).
  let base: TextSlice?
  /// Whether newer versions come first, as in a history (R4 http.html#history).
  let newestFirst: Bool
  /// The position in the Bundle, which makes the path cheap to tell; nil outside one.
  let entry: Int?

  init?(_ node: Node, fullURL: Node? = nil, newestFirst: Bool = false, entry: Int? = nil) {
    guard let type = node["resourceType"].flatMap(TextSlice.init) else { return nil }
    self.node = node
    self.type = type
    id = node["id"].flatMap(TextSlice.init)
    self.fullURL = fullURL.flatMap(TextSlice.init)
    if let url = self.fullURL, url.hasPrefix("http"), case .resource(let base, _, _, _) = Locator(url) {
      self.base = base
    } else {
      base = nil
    }
    self.newestFirst = newestFirst
    self.entry = entry
  }

  /// Whether this version, found later in the input, replaces `earlier`: by `meta.lastUpdated`, else by a numeric
  /// `meta.versionId`, else by position.
  func replaces(_ earlier: GatheredResource) -> Bool {
    let meta = node["meta"]
    let other = earlier.node["meta"]
    if let time = meta?["lastUpdated"]?.dateTime?.earliest, let before = other?["lastUpdated"]?.dateTime?.earliest,
      time != before
    {
      return time > before
    }
    if let version = meta?["versionId"]?.text.flatMap({ Int($0) }),
      let before = other?["versionId"]?.text.flatMap({ Int($0) }), version != before
    {
      return version > before
    }
    return !newestFirst
  }

  /// A problem with this resource.
  func issue(_ severity: Issue.Severity, _ code: String, _ text: String) -> Issue {
    let path = entry.map { "Bundle.entry[\($0)].resource" } ?? node.path
    return Issue(severity, code, text, path: path, offset: node.offset)
  }
}
