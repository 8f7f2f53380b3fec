// SPDX-License-Identifier: Apache-2.0

/// Collects resources out of Bundles and Parameters, keeps the newest version of each, and drops what was deleted.
struct Gathering {
  private(set) var resources: [GatheredResource] = []
  private(set) var issues: [Issue] = []
  /// What a history says was deleted, with the resources that were found before it.
  private var deletions: [(locator: Locator, time: Instant?, found: Int)] = []

  /// Takes a resource, or those that a Bundle or Parameters resource holds.
  mutating func add(_ node: Node) {
    if let bundle = Bundle(node) {
      add(bundle)
    } else if node.isResource("Parameters") {
      for parameter in node.elements("parameter") {
        if let resource = parameter["resource"] { add(resource) }
      }
    } else if let outcome = OperationOutcome(node) {
      add(outcome)
    } else if let resource = GatheredResource(node) {
      resources.append(resource)
    } else {
      issues.append(Issue(.error, "not-a-resource", "a value without resourceType was left out", at: node))
    }
  }

  private mutating func add(_ bundle: Bundle) {
    let isHistory = bundle.purpose == .history
    let isTopmost = bundle.node.index == 0
    for (position, node) in bundle.node.elements("entry").enumerated() {
      if let response = node["response"], !isHistory { add(response: response) }
      guard let resource = node["resource"] else {
        if isHistory { addDeletion(node) }
        continue
      }
      if Gathering.isHolder(resource) {
        add(resource)
      } else if let found = GatheredResource(
        resource, fullURL: node["fullUrl"], newestFirst: isHistory, entry: isTopmost ? position : nil)
      {
        resources.append(found)
      } else {
        issues.append(Issue(.error, "not-a-resource", "a value without resourceType was left out", at: resource))
      }
    }
  }

  private static func isHolder(_ node: Node) -> Bool {
    node.isResource("Bundle") || node.isResource("Parameters") || node.isResource("OperationOutcome")
  }

  private mutating func add(_ outcome: OperationOutcome) {
    for problem in outcome.node.elements("issue") {
      let isGrave = problem["severity"].map { $0.equals("error") || $0.equals("fatal") } ?? false
      let text = "the sender reports a problem in an OperationOutcome"
      issues.append(Issue(isGrave ? .warning : .information, "operation-outcome", text, at: problem))
    }
  }

  // R4 bundle.html#batch-response: a status of 4xx or 5xx says that this entry's request failed.
  private mutating func add(response: Node) {
    if let outcome = response["outcome"].flatMap({ OperationOutcome($0) }) { add(outcome) }
    guard let status = response["status"].flatMap(TextSlice.init), status.count > 0 else { return }
    if status[0] == UInt8(ascii: "4") || status[0] == UInt8(ascii: "5") {
      issues.append(Issue(.warning, "response-error", "a request in a batch failed", at: response))
    }
  }

  private mutating func addDeletion(_ entry: Node) {
    guard let request = entry["request"], request["method"]?.equals("DELETE") == true,
      let url = request["url"].flatMap(TextSlice.init)
    else { return }
    deletions.append((Locator(url), entry["response"]?["lastModified"]?.dateTime?.earliest, resources.count))
  }

  /// The newest version of each resource, in order of first appearance, and where each is found by identity.
  mutating func newest() -> (resources: [GatheredResource], index: IdentityIndex) {
    var kept: [GatheredResource] = []
    kept.reserveCapacity(resources.count)
    var index = IdentityIndex(capacity: resources.count)
    var urls: [TextSlice: Int] = [:]
    for resource in resources {
      var earlier: Int?
      if let id = resource.id {
        if case .one(let position) = index.find(type: resource.type, id: id, base: resource.base) { earlier = position }
      } else if let url = resource.fullURL {
        earlier = urls[url]
        if earlier == nil { urls[url] = kept.count }
      }
      if let earlier {
        let replaces = resource.replaces(kept[earlier])
        let older = replaces ? kept[earlier] : resource
        if replaces { kept[earlier] = resource }
        issues.append(older.issue(.information, "superseded", "another version of the resource is used"))
      } else {
        index.add(type: resource.type, id: resource.id, base: resource.base)
        kept.append(resource)
      }
    }
    return deletions.isEmpty ? (kept, index) : withoutDeleted(kept, index)
  }

  private mutating func withoutDeleted(
    _ kept: [GatheredResource], _ index: IdentityIndex
  ) -> (resources: [GatheredResource], index: IdentityIndex) {
    var deleted = Set<Int>()
    for deletion in deletions {
      guard case .resource(let base, let type, let id, _) = deletion.locator,
        case .one(let position) = index.find(type: type, id: id, base: base)
      else { continue }
      let updated = kept[position].node["meta"]?["lastUpdated"]?.dateTime?.earliest
      if let time = deletion.time, let updated {
        if time >= updated { deleted.insert(position) }
      } else if deletion.found == 0 || !isBefore(kept[position], deletion.found) {
        deleted.insert(position)  // newest first: the deletion stands before what it deleted
      }
    }
    var left: [GatheredResource] = []
    var leftIndex = IdentityIndex(capacity: kept.count)
    for (position, resource) in kept.enumerated() {
      if deleted.contains(position) {
        issues.append(resource.issue(.information, "deleted", "the resource was deleted"))
      } else {
        left.append(resource)
        leftIndex.add(type: resource.type, id: resource.id, base: resource.base)
      }
    }
    return (left, leftIndex)
  }

  private func isBefore(_ resource: GatheredResource, _ position: Int) -> Bool {
    resources[..<position].contains { $0.node.tape === resource.node.tape && $0.node.index == resource.node.index }
  }

  mutating func report(_ issue: Issue) { issues.append(issue) }
}
