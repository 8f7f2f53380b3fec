// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What has to be done for a template, by the state of its key in a request (the decision table).
package enum PrefetchNeed: Sendable, Equatable {
  /// Why a key has no usable value.
  package enum Reason: String, Sendable, CaseIterable {
    /// The client did not send it.
    case absent
    /// The client tried and failed, and says so with an OperationOutcome.
    case failed
    /// What came under it is no resource, or one of another type.
    case unusable
    /// A read that gave nothing. The resource is named by the context, so it exists: clients also write `null` where they
    /// could not replace a token. Asked again where that is possible, and known to be empty where it is not.
    case emptyRead = "empty-read"
  }

  /// It is there, or known to be empty.
  case nothing
  /// It has to be asked for.
  case query(Reason)
  /// The first page is there; the next ones have to be followed.
  case pages(next: String)
}

extension HookRequest {
  /// What the decision table says of a template.
  ///
  /// - Parameter keys: the keys of all templates of the service. A client may send whole charts under keys of its own: what
  ///   came under none of ours counts for any template of its type that was not answered.
  package func need(_ template: Service.Template, keys: [String]) -> PrefetchNeed {
    let parsed = template.parsed
    let type = parsed?.resourceType
    guard let value = prefetched(template.key) else {
      let others = prefetch.filter { !keys.contains($0.key) }
      let isElsewhere = others.contains { value in
        value.isComplete && value.resources.contains { $0.isResource(of: type) }
      }
      return isElsewhere ? .nothing : .query(.absent)
    }
    switch value.state {
    case .failed: return .query(.failed)
    case .nonconformant: return .query(.unusable)
    case .paged(let next): return .pages(next: next)
    case .noData: return parsed?.isSearch == false ? .query(.emptyRead) : .nothing
    case .bundle: return .nothing
    case .resource:
      // One resource may answer a search as well as a read, if it is of the type that was asked for.
      return type == nil || value.resources.contains { $0.isResource(of: type) } ? .nothing : .query(.unusable)
    }
  }

  /// The same request with what was fetched for its needs.
  ///
  /// - Parameter fetched: `{"key": [page, ...], ...}`, each page a resource or Bundle as the FHIR server gave it.
  package func completed(with fetched: Node) -> HookRequest {
    var request = self
    for member in fetched.children {
      let key = member.name ?? ""
      let place = request.prefetch.firstIndex { $0.key == key }
      if let place, case .paged = request.prefetch[place].state {
        request.prefetch[place].append(member.children)
      } else {
        let value = PrefetchValue(key: key, fetched: member.children)
        if let place { request.prefetch[place] = value } else { request.prefetch.append(value) }
      }
    }
    return request
  }
}

extension Node {
  fileprivate func isResource(of type: String?) -> Bool {
    type.map { resourceType == $0 } ?? false
  }
}
