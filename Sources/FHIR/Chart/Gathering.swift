// SPDX-License-Identifier: Apache-2.0

/// Collects resources out of Bundles and Parameters and keeps the newest version of each, in order of first appearance.
package struct Gathering: Sendable {
  private(set) var table = ResourceTable()
  /// What was left out and why, so far.
  package var issues: [Issue] { notes.map(\.issue) }
  private(set) var notes: [Note] = []
  // Resources without an id are told apart by their fullUrl.
  private var unnamed: [TextSlice: Int] = [:]
  /// What a history says was deleted, and how many resources were held before.
  private var deletions: [(locator: Locator, time: Instant?, before: Int)] = []
  /// The pages that Bundles name as their next, and those that are here.
  private var nextPages: [(url: String, issue: Issue)] = []
  private var pages: Set<String> = []
  /// How many resources have been searched for those that they contain.
  private var opened = 0

  /// The versions other than R4 that have been reported.
  private var versions: FHIRVersions = []

  package init() {}

  /// Something to tell, with the resource that it is about; of nothing in particular where nil.
  struct Note: Sendable {
    let issue: Issue
    var resource: GatheredResource?
  }

  mutating func note(_ issue: Issue, about resource: GatheredResource? = nil) {
    notes.append(Note(issue: issue, resource: resource))
  }

  /// Takes a resource, or those that a Bundle or Parameters resource holds.
  package mutating func add(_ node: Node) {
    let number = table.keep(node.tape)
    add(GatheredResource(node.tape.view, number: number, index: node.index), node)
  }

  /// Takes the resource of a document, or those that it holds.
  package mutating func add(_ found: FoundDocument) {
    var resource = found.resource
    resource?.tape = table.keep(found.document.tape)
    add(resource, found.document.root)
  }

  @inline(__always)
  private mutating func add(_ found: GatheredResource?, _ node: @autoclosure () -> Node) {
    if let found, found.kind.isOfPatientOrNobody { keep(found) } else { open(found, node()) }
  }

  /// Takes what holds resources or problems.
  private mutating func open(_ found: GatheredResource?, _ node: Node) {
    switch found?.kind {
    case .bundle: add(Bundle(node: node), number: found?.tape ?? 0)
    case .parameters:
      for parameter in node.elements("parameter") {
        if let resource = parameter["resource"] { add(resource) }
      }
    case .operationOutcome: add(OperationOutcome(node: node))
    default: note(Issue(.error, "not-a-resource", "a value without resourceType was left out", at: node))
    }
  }

  /// Says when a resource is not of R4, once for each other version; elements are read in the shape they have.
  private mutating func recognise(_ resource: GatheredResource) {
    let possible = FHIRVersions(of: resource, table.view(of: resource))
    if possible.isEmpty {
      note(resource.issue(.information, "mixed-versions", possible.note, in: table), about: resource)
    } else if isNew(possible) {
      note(resource.issue(.information, "fhir-version", possible.note, in: table))
    }
  }

  /// Whether versions that leave out R4 are met for the first time.
  mutating func isNew(_ possible: FHIRVersions) -> Bool {
    guard !possible.contains(.r4), versions.isDisjoint(with: possible) else { return false }
    versions.formUnion(possible)
    return true
  }

  private mutating func keep(_ resource: GatheredResource) {
    if resource.isForeign { recognise(resource) }
    var earlier: Int?
    if resource.id != nil {
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
    let replaces = resource.replaces(held, in: table)
    if replaces { table.replace(earlier, by: resource) }
    let older = replaces ? held : resource
    note(older.issue(.information, "superseded", "another version of the resource is used", in: table), about: older)
  }

  private mutating func add(_ bundle: Bundle, number: Int32) {
    if bundle.node.isModified { return leaveOutModified(bundle.node) }
    addPages(of: bundle)
    let isHistory = bundle.purpose == .history
    let tape = bundle.node.tape
    guard let entries = tape.view.member(bundle.node.index, "entry") else { return }
    var (entry, end) = tape.view.entries(entries)
    table.reserve(tape.view.children(entries))
    var position: Int32 = 0
    while entry < end {
      add(entry: entry, position, of: bundle.node.index, tape, number, isHistory)
      entry = tape.view.next(entry)
      position += 1
    }
  }

  private mutating func add(
    entry: UInt32, _ position: Int32, of bundle: UInt32, _ tape: Tape, _ number: Int32, _ isHistory: Bool
  ) {
    let view = tape.view
    guard view.kind(entry) == .object else { return }
    var url: UInt32 = 0
    var resource: UInt32 = 0
    let end = view.next(entry)
    var child = entry + 1
    while child < end {
      switch view.nameCount(child) {
      case 17:
        if view.isNamed(child, "modifierExtension"), view.isFilled(child) {
          return leaveOutModified(Node(tape: tape, index: entry))
        }
      case 7: if view.isNamed(child, "fullUrl") { url = child }
      case 8:
        if view.isNamed(child, "resource") {
          resource = child
        } else if !isHistory, view.isNamed(child, "response") {
          add(response: Node(tape: tape, index: child))
        }
      default: break
      }
      child = view.next(child)
    }
    guard resource != 0 else {
      if isHistory { addDeletion(Node(tape: tape, index: entry)) }
      return
    }
    let place = GatheredResource.Place(bundle: bundle, position: position)
    let found = GatheredResource(
      view, number: number, index: resource, fullURL: url, newestFirst: isHistory, place: place)
    add(found, Node(tape: tape, index: resource))
  }

  private mutating func leaveOutModified(_ node: Node) {
    note(Issue(.warning, "modifier", "a Bundle is modified in a way that is not understood", at: node))
  }

  // R4 http.html#paging: a server names the page itself and the next one.
  private mutating func addPages(of bundle: Bundle) {
    for link in bundle.node.elements("link") {
      guard let url = link["url"]?.string else { continue }
      if link["relation"]?.equals("self") == true { pages.insert(url) }
      if link["relation"]?.equals("next") == true {
        nextPages.append((url, Issue(.warning, "incomplete", "a Bundle goes on on a page that is not here", at: link)))
      }
    }
  }

  /// Says which Bundles go on elsewhere.
  mutating func reportMissingPages() {
    for page in nextPages where !pages.contains(page.url) { note(page.issue) }
    nextPages = []
  }

  /// Takes the Observations that reports and panels contain: each exists in its container alone (R4
  /// references.html#contained), so it has no identity of its own, and it is the container's subject's unless it names one.
  mutating func openContainers() {
    for position in opened..<table.resources.count where table.resources[position].contained != 0 {
      let container = table.resources[position]
      let node = table.node(container)
      let isExcluded =
        DiagnosticReport(node).map(\.isExcluded) ?? Observation(node).map { $0.exclusion != nil } ?? true
      for element in node.elements("contained") where element.isResource(Observation.type) {
        guard let resource = GatheredResource(element.index, in: container, table.view(of: container)) else { continue }
        if isExcluded {
          let text: StaticString = "the resource is contained in one that is left out"
          note(resource.issue(.information, "container-left-out", text, in: table), about: container)
        } else {
          table.append(resource)
        }
      }
    }
    opened = table.resources.count
  }

  private mutating func add(_ outcome: OperationOutcome) {
    for problem in outcome.node.elements("issue") {
      let isGrave = problem["severity"].map { $0.equals("error") || $0.equals("fatal") } ?? false
      let text = "the sender reports a problem in an OperationOutcome"
      note(Issue(isGrave ? .warning : .information, "operation-outcome", text, at: problem))
    }
  }

  // R4 bundle.html#batch-response: a status of 4xx or 5xx says that this entry's request failed.
  private mutating func add(response: Node) {
    if let outcome = response["outcome"].flatMap({ OperationOutcome($0) }) { add(outcome) }
    guard let status = response["status"].flatMap(TextSlice.init), status.count > 0 else { return }
    if status[0] == UInt8(ascii: "4") || status[0] == UInt8(ascii: "5") {
      note(Issue(.warning, "response-error", "a request in a batch failed", at: response))
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
      let updated = table.node(table.resources[position])["meta"]?["lastUpdated"]?.dateTime?.earliest
      // Without times the order decides: newest first, the deletion stands before what it deleted.
      let isLater = if let time = deletion.time, let updated { time >= updated } else { position >= deletion.before }
      if isLater { deleted.insert(position) }
    }
    deletions = []
    for position in deleted.sorted() {
      let resource = table.resources[position]
      note(resource.issue(.information, "deleted", "the resource was deleted", in: table), about: resource)
    }
    table = table.removing(deleted)
  }
}
