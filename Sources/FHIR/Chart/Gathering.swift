// SPDX-License-Identifier: Apache-2.0

/// Collects resources out of Bundles and Parameters and keeps the newest version of each, in order of first appearance.
struct Gathering {
  private(set) var table = ResourceTable()
  private(set) var issues: [Issue] = []
  // Resources without an id are told apart by their fullUrl.
  private var unnamed: [TextSlice: Int] = [:]
  /// What a history says was deleted, and how many resources were held before.
  private var deletions: [(locator: Locator, time: Instant?, before: Int)] = []

  mutating func report(_ issue: Issue) { issues.append(issue) }

  /// Takes a resource, or those that a Bundle or Parameters resource holds.
  mutating func add(_ node: Node) {
    add(GatheredResource(node), of: node)
  }

  private mutating func add(_ found: GatheredResource?, of node: Node) {
    guard let found else {
      issues.append(Issue(.error, "not-a-resource", "a value without resourceType was left out", at: node))
      return
    }
    switch found.kind {
    case .bundle: add(Bundle(node: node))
    case .parameters:
      for parameter in node.elements("parameter") {
        if let resource = parameter["resource"] { add(resource) }
      }
    case .operationOutcome: add(OperationOutcome(node: node))
    default: keep(found)
    }
  }

  private mutating func keep(_ resource: GatheredResource) {
    var earlier: Int?
    if resource.hasID {
      if case .one(let position) = table.find(resource) { earlier = position }
    } else if let url = resource.fullURL {
      earlier = unnamed[url]
      if earlier == nil { unnamed[url] = table.resources.count }
    }
    guard let earlier else {
      table.append(resource)
      return
    }
    let held = table.resources[earlier]
    let replaces = resource.replaces(held)
    if replaces { table.replace(earlier, by: resource) }
    let older = replaces ? held : resource
    issues.append(older.issue(.information, "superseded", "another version of the resource is used"))
  }

  private mutating func add(_ bundle: Bundle) {
    let isHistory = bundle.purpose == .history
    let tape = bundle.node.tape
    for (position, node) in bundle.node.elements("entry").enumerated() {
      var url: Node?
      var resource: Node?
      guard tape.kind(node.index) == .object else { continue }
      let end = tape.next(node.index)
      var child = node.index + 1
      while child < end {
        if tape.isNamed(child, "fullUrl") {
          url = Node(tape: tape, index: child)
        } else if tape.isNamed(child, "resource") {
          resource = Node(tape: tape, index: child)
        } else if tape.isNamed(child, "response"), !isHistory {
          add(response: Node(tape: tape, index: child))
        }
        child = tape.next(child)
      }
      guard let resource else {
        if isHistory { addDeletion(node) }
        continue
      }
      let place = GatheredResource.Place(bundle: bundle.node.index, position: Int32(clamping: position))
      add(GatheredResource(resource, fullURL: url, newestFirst: isHistory, place: place), of: resource)
    }
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
    let time = entry["response"]?["lastModified"]?.dateTime?.earliest
    deletions.append((Locator(url), time, table.resources.count))
  }

  /// Drops what a history says was deleted after it was stored.
  mutating func dropDeleted() {
    guard !deletions.isEmpty else { return }
    var deleted = Set<Int>()
    for deletion in deletions {
      guard case .resource(let base, let type, let id, _) = deletion.locator,
        case .one(let position) = table.find(type: type, id: id, base: base)
      else { continue }
      let updated = table.resources[position].node["meta"]?["lastUpdated"]?.dateTime?.earliest
      // Without times the order decides: newest first, the deletion stands before what it deleted.
      let isLater = if let time = deletion.time, let updated { time >= updated } else { position >= deletion.before }
      if isLater { deleted.insert(position) }
    }
    deletions = []
    let all = table.resources
    table = ResourceTable()
    for (position, resource) in all.enumerated() {
      if deleted.contains(position) {
        issues.append(resource.issue(.information, "deleted", "the resource was deleted"))
      } else {
        table.append(resource)
      }
    }
  }
}
