// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What a client sent for one prefetch key. A key that was not sent has no value at all.
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
  public let state: State
  /// The resource or Bundle, out of its wrapper if it had one; nil where there is none to use.
  package let content: Node?
  /// The resources it holds, OperationOutcomes left out, in order. Empty when the state says there are none.
  package let resources: [Node]

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
    if node.kind == .null {
      (state, content, resources) = (.noData, nil, [])
    } else if let type = node.resourceType {
      (state, resources) = Self.read(node, type: type, note: note)
      content = resources.isEmpty ? nil : node
    } else if node.kind == .object, node["response"] != nil, let inner = node["resource"] {
      // The wrapper of the specification before 2018; real clients still send it.
      note(.wrappedPrefetch)
      if inner.kind == .null {
        (state, content, resources) = (.noData, nil, [])
      } else if let type = inner.resourceType {
        (state, resources) = Self.read(inner, type: type, note: note)
        content = resources.isEmpty ? nil : inner
      } else {
        note(.prefetchNotResource)
        (state, content, resources) = (.nonconformant, nil, [])
      }
    } else {
      note(.prefetchNotResource)
      (state, content, resources) = (.nonconformant, nil, [])
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
    for link in bundle.elements("link") {
      if link["relation"]?.equals("next") == true, let url = link["url"]?.string {
        return (.paged(next: url), resources)
      }
    }
    return (hasFailed ? .failed : .bundle, resources)
  }
}
