// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What the tokens of prefetch templates read: the call, what is there for earlier templates, and the day.
package struct PrefetchScope: Sendable {
  /// The call's context.
  let context: HookContext
  /// The call's FHIR server, at which absolute references may lead.
  let fhirServer: String?
  /// The day of the call, in UTC as `YYYY-MM-DD` begins.
  let today: Instant
  /// What is there under the keys, in order.
  private var results: [(key: String, contents: [Node])]
  /// Resources that were fetched because a path leads through them.
  private var more: [Node] = []

  /// The scope of a call.
  ///
  /// - Parameter instant: when the call is answered; its day is `today()`.
  package init(_ request: HookRequest, at instant: Instant) {
    context = request.context
    fhirServer = request.fhirServer.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    today = instant
    results = request.prefetch.map { ($0.key, $0.contents) }
  }

  /// Takes what was fetched for a key.
  package mutating func add(_ pages: [Node], for key: String) {
    results.append((key, pages))
  }

  /// Takes a resource that `PrefetchQuery.needs` named.
  package mutating func add(_ resource: Node) {
    more.append(resource)
  }

  /// What stands at one place of a path.
  enum Item {
    /// A value, and the outermost resource that holds it.
    case node(Node, in: Node?)
    /// A resource that is not at hand; its reference gives its type and id, which is often all that is asked.
    case absent(type: String, id: String)
    case text(String)

    var isHeld: Bool { if case .node = self { true } else { false } }
  }

  /// A path that leads through a resource that is not at hand.
  struct Absent: Error {
    var reference: String
  }

  /// The values of a selector as text, in order, each once.
  func values(_ selector: PrefetchSelector, skippingHeld: Bool) throws(Absent) -> [String] {
    switch selector {
    case .user(let type):
      guard let user = context.userID, user.hasPrefix("\(type)/") else { return [] }
      return [String(user.dropFirst(type.count + 1))]
    case .today(let days): return [Self.date(today, addingDays: days)]
    case .path(let root, let steps, let days):
      var texts: [String] = []
      for item in try items(root, steps, skippingHeld: skippingHeld) {
        guard let text = text(item), let moved = days == 0 ? text : Self.moved(text, byDays: days) else { continue }
        if !texts.contains(moved) { texts.append(moved) }
      }
      return texts
    }
  }

  // MARK: Paths

  private func items(
    _ root: PrefetchSelector.Root, _ steps: [PrefetchSelector.Step], skippingHeld: Bool
  ) throws(Absent) -> [Item] {
    var items: [Item]
    var steps = steps[...]
    switch root {
    case .context:
      guard case .member(let name)? = steps.first else { return [] }
      steps = steps.dropFirst()
      items = contextMember(name)
    case .result(let key): items = results.filter { $0.key == key }.flatMap(\.contents).map { .node($0, in: $0) }
    }
    let asksForTargets = skippingHeld && steps.suffix(2) == [.resolve, .member("id")]
    for (place, step) in zip(steps.indices, steps) {
      var next: [Item] = []
      for item in items { next += try apply(step, to: item) }
      if asksForTargets, place == steps.endIndex - 2 { next.removeAll(where: \.isHeld) }
      items = next
    }
    return items
  }

  /// The ids in their normalised form, whatever the client sent; other members as sent, under any name they had.
  private func contextMember(_ name: String) -> [Item] {
    switch name {
    case "patientId": return [.text(context.patientID)]
    case "encounterId": return context.encounterID.map { [.text($0)] } ?? []
    case "userId": return context.userID.map { [.text($0)] } ?? []
    default:
      guard let node = context.members.first(where: { $0.name == name })?.node ?? context.node.member(name) else {
        return []
      }
      return Self.flat(node).map { .node($0, in: $0.resourceType == nil ? nil : $0) }
    }
  }

  private func apply(_ step: PrefetchSelector.Step, to item: Item) throws(Absent) -> [Item] {
    switch (step, item) {
    case (.member(let name), .node(let node, let outer)): return try member(name, of: node, in: outer)
    case (.member("id"), .absent(_, let id)): return [.text(id)]
    case (.member, .absent(let type, let id)), (.extension, .absent(let type, let id)):
      throw Absent(reference: "\(type)/\(id)")
    case (.ofType(let type), .node(let node, _)):
      return node["resourceType"]?.isString(type) == true ? [item] : []
    case (.ofType(let type), .absent(let own, _)): return own == type ? [item] : []
    case (.resolve, .node(let node, let outer)): return resolve(node, in: outer)
    case (.extension(let url), .node(let node, let outer)):
      return node.elements("extension").filter { $0["url"]?.string == url }.map { .node($0, in: outer) }
    case (.resolve, .absent): return [item]
    case (_, .text): return []
    }
  }

  private func member(_ name: String, of node: Node, in outer: Node?) throws(Absent) -> [Item] {
    if name.first?.isUppercase == true { return try resources(ofType: name, at: node, in: outer) }
    let found =
      node.member(name)
      // `medication` names a choice of types: `medicationReference`, `medicationCodeableConcept`, ...
      ?? Self.choices.lazy.compactMap { node.member(name + $0) }.first
    return found.map(Self.flat)?.map { child in
      let isResource = child.resourceType.map { $0 != "Bundle" } ?? false
      // What a contained resource refers to is contained in the same resource as it.
      return .node(child, in: isResource && name != "contained" ? child : outer)
    } ?? []
  }

  private static let choices = [
    "Reference", "CodeableConcept", "Coding", "Code", "Identifier", "Quantity", "DateTime", "Date", "Instant", "Period",
    "Timing", "String", "Boolean", "Integer", "Decimal", "Range", "Ratio", "Age", "Uri", "Url", "Canonical", "Id",
  ]

  /// CRD's former dialect: a resource type as a step stands for the Bundle's entries, or the reference's target, of it.
  private func resources(ofType type: String, at node: Node, in outer: Node?) throws(Absent) -> [Item] {
    let candidates: [Item] =
      if node.isResource("Bundle") {
        node.elements("entry").compactMap { $0["resource"].map { .node($0, in: $0) } }
      } else if node.resourceType != nil {
        [.node(node, in: outer)]
      } else {
        resolve(node, in: outer)
      }
    var found: [Item] = []
    for item in candidates { found += try apply(.ofType(type), to: item) }
    return found
  }

  private static func flat(_ node: Node) -> [Node] {
    node.kind == .array ? Array(node.children) : [node]
  }

  // MARK: References

  private func resolve(_ node: Node, in outer: Node?) -> [Item] {
    // A Reference, R5's CodeableReference, or a reference as a string.
    let element = node["reference"].map { $0.kind == .object ? $0 : node }
    let text = (element?["reference"] ?? node).string
    guard let text else { return [] }
    if text.hasPrefix("#") {
      let contained = outer?.elements("contained").first { $0["id"]?.string == String(text.dropFirst()) }
      return contained.map { [.node($0, in: outer)] } ?? []
    }
    let target = element.flatMap { Reference($0).target } ?? Self.target(text)
    var wanted: (type: String, id: String)?
    // An absolute reference leads elsewhere unless it begins with the call's own server.
    if case .resource(let base, let type, let id, _)? = target, base == nil || base == fhirServer {
      wanted = (type, id)
    }
    if let found = find(url: text, wanted) { return [.node(found, in: found)] }
    return wanted.map { [.absent(type: $0.type, id: $0.id)] } ?? []
  }

  /// `Type/id` in a member that is a string, such as an entry of `selections`.
  private static func target(_ text: String) -> Reference.Target? {
    guard WireFormat.isReference(text), let slash = text.firstIndex(of: "/") else { return nil }
    return .resource(
      base: nil, type: String(text[..<slash]), id: String(text[text.index(after: slash)...]), version: nil)
  }

  /// A resource of the context or of a result by its fullUrl, else by type and id.
  private func find(url: String, _ wanted: (type: String, id: String)?) -> Node? {
    let roots = context.members.flatMap { Self.flat($0.node) } + results.flatMap(\.contents) + more
    var found: Node?
    for root in roots {
      let isBundle = root.isResource("Bundle")
      for entry in isBundle ? Array(root.elements("entry")) : [root] {
        guard let resource = isBundle ? entry["resource"] : entry else { continue }
        if isBundle, entry["fullUrl"]?.isString(url) == true { return resource }
        guard let wanted, found == nil, resource["id"]?.isString(wanted.id) == true else { continue }
        if resource["resourceType"]?.isString(wanted.type) == true { found = resource }
      }
    }
    return found
  }

  // MARK: Text

  /// A primitive's text; of a reference what it refers to.
  private func text(_ item: Item) -> String? {
    switch item {
    case .text(let text): text
    case .absent(let type, let id): "\(type)/\(id)"
    case .node(let node, _): node.text ?? node["reference"]?.string
    }
  }

  private static func date(_ instant: Instant, addingDays days: Int) -> String {
    String(Instant(milliseconds: instant.milliseconds + Int64(days) * 86_400_000).description.prefix(10))
  }

  /// A date moved by days; nil when the text is no date with a day.
  private static func moved(_ text: String, byDays days: Int) -> String? {
    guard let date = DateTime(String(text.prefix(10))), date.precision == .day, DateTime(text) != nil else {
      return nil
    }
    return Self.date(date.earliest, addingDays: days)
  }
}
