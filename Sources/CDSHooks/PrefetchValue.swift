// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What a client sent for one prefetch key, together with what was fetched to complete it.
///
/// A key that was not sent has no value at all.
public struct PrefetchValue: Sendable {
  /// The states a value can be in; together with "absent" they are the specification's decision table.
  public enum State: Sendable, Equatable {
    /// `null`: the client asked and there is nothing. Known to be empty, so not asked again.
    case noData
    /// One resource, the answer to a read.
    case resource
    /// A Bundle with all its entries, perhaps none.
    case bundle
    /// A Bundle that is the first page of several; `next` leads on. Incomplete data unless it is followed.
    case paged(next: String)
    /// An OperationOutcome, or a Bundle holding one that reports an error: the client tried and failed.
    case failed
    /// Neither a resource nor null; not used.
    case nonconformant
  }

  /// The key, as in the discovery document when the client answers a template of ours.
  public let key: String
  /// What came.
  public private(set) var state: State
  /// The resources and Bundles, out of their wrapper if they had one: one, or one a page; empty where none can be used.
  package private(set) var contents: [Node]
  /// The resources they hold, OperationOutcomes left out, in order. Empty when the state says there are none.
  package private(set) var resources: [Node]

  /// The resources as JSON.
  public var objects: [JSONObject] { resources.map { JSONObject(JSON($0)) } }

  /// Whether the value is what its template asked for, complete.
  public var isComplete: Bool {
    switch state {
    case .noData, .resource, .bundle: true
    case .paged, .failed, .nonconformant: false
    }
  }

  /// Reads a value; `note` is told of each deviation.
  package init(key: String, node: Node, note: (Deviation.Kind) -> Void) {
    self.key = key
    // The wrapper of the specification before 2018; real clients still send it.
    let isWrapped = node.kind == .object && node.resourceType == nil && node["response"] != nil
    let inner = isWrapped ? node["resource"] ?? node : node
    if isWrapped { note(.wrappedPrefetch) }
    if isWrapped, let status = node["response"]?["status"]?.text, ["4", "5"].contains(status.prefix(1)) {
      (state, contents, resources) = (.failed, [], [])
    } else if inner.kind == .null {
      (state, contents, resources) = (.noData, [], [])
    } else if let type = inner.resourceType {
      (state, resources) = Self.read(inner, type: type, note: note)
      // What failed stays visible: a chart names the outcomes that it was handed.
      contents = resources.isEmpty && type != "OperationOutcome" ? [] : [inner]
    } else {
      note(.prefetchNotResource)
      (state, contents, resources) = (.nonconformant, [], [])
    }
  }

  /// What was fetched for a key that had no usable value: the resource read, or the pages of a search, in order.
  package init(key: String, fetched pages: Nodes) {
    self.key = key
    (state, contents, resources) = (.noData, [], [])
    append(pages)
  }

  /// Adds what was fetched: the pages that follow the first one. The last page's state is the whole's.
  package mutating func append(_ pages: Nodes) {
    for page in pages {
      let value = PrefetchValue(key: key, node: page) { _ in }
      state = value.state
      contents += value.contents
      resources += value.resources
    }
  }

  private static func read(_ node: Node, type: String, note: (Deviation.Kind) -> Void) -> (State, [Node]) {
    switch type {
    case "OperationOutcome": return (.failed, [])
    case "Bundle": return readBundle(node, note: note)
    default: return (.resource, [node])
    }
  }

  private static func readBundle(_ bundle: Node, note: (Deviation.Kind) -> Void) -> (State, [Node]) {
    // Not refused even by strict reading: an example of the 3.0 ballot itself shows a collection here.
    if bundle["type"]?.equals("searchset") != true { note(.bundleNotSearchset) }
    var resources: [Node] = []
    var hasFailed = false
    for entry in bundle.elements("entry") {
      guard let resource = entry["resource"], let type = resource.resourceType else { continue }
      if type == "OperationOutcome" {
        // R4 http.html#search: an outcome entry may also only inform; an error means the result is not whole.
        for issue in resource.elements("issue") {
          if let severity = issue["severity"], severity.equals("error") || severity.equals("fatal") { hasFailed = true }
        }
      } else {
        resources.append(resource)
      }
    }
    if hasFailed { return (.failed, resources) }
    for link in bundle.elements("link") {
      if link["relation"]?.equals("next") == true, let url = link["url"]?.string {
        return (.paged(next: url), resources)
      }
    }
    return (.bundle, resources)
  }
}
