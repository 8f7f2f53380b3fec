// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Makes copies of what was said about one patient in which nobody is named (45 CFR 164.514(b)(2)), while values, units, codes and
/// intervals stay, so that models say the same of the copy.
///
/// It copies what there is a rule for (`ElementRule`) and drops everything else: an element that nobody thought of cannot
/// bring a name along.
package struct Deidentifier {
  /// Ends in `.invalid`, which names no host (RFC 2606).
  package static let server = "https://deidentified.invalid/"
  /// Stands for a text of which only the presence is kept, so that the copy is read like the original.
  package static let mark = "?"

  private let key: DeidentificationKey
  let vocabulary: Vocabulary
  private let client: String
  let shift: DateShift
  /// Places of the patient's Observations in the order of their ids, and of versions in theirs: among values of one moment the
  /// lowest id counts, and of two versions the higher.
  private var observations: [String: Int] = [:]
  private var versions: [Int: Int] = [:]
  /// Whether the age was over 89 and is 90 in the copy.
  package private(set) var capsAge = false

  /// - Parameters:
  ///   - key: of the purpose.
  ///   - patient: whose the request is, as the client names them; all dates in it move by the patient's shift.
  ///   - client: the client's id; empty where none are configured. Every client counts its own.
  ///   - instant: of the assessment.
  package init(
    _ key: DeidentificationKey, _ vocabulary: Vocabulary, patient: String, client: String, at instant: Instant
  ) {
    self.key = key
    self.vocabulary = vocabulary
    self.client = client
    shift = DateShift(days: key.shift(of: patient, client: client), at: instant)
  }

  /// Looks through what is going to be copied, which must be done before.
  package mutating func prepare(_ contents: [Node]) {
    var ids: Set<String> = []
    var numbers: Set<Int> = []
    func look(_ node: Node) {
      if node.isResource("Observation"), let id = node["id"]?.text { ids.insert(id) }
      if let version = node["meta"]?["versionId"]?.text.flatMap({ Int($0) }) { numbers.insert(version) }
      for child in node.children where child.kind == .object || child.kind == .array { look(child) }
    }
    contents.forEach(look)
    for (place, id) in ids.sorted().enumerated() { observations[id] = place + 1 }
    for (place, number) in numbers.sorted().enumerated() { versions[number] = place + 1 }
  }

  /// The moment of the assessment, moved.
  package func moved(_ instant: Instant) -> Instant { shift.moved(instant) }

  // MARK: - Names

  /// The name of a resource: the same for the same id of the same client.
  package func id(_ type: String, _ id: String) -> String {
    let name = key.name("id", client, type, id)
    guard type == "Observation", let place = observations[id] else { return name }
    let digits = String(place)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "." + name
  }

  /// The name of a record of the trail.
  package func record(_ sequence: Int64) -> String { key.name("record", String(sequence)) }

  /// A UUID in the place of another.
  package func uuid(_ text: String) -> String { key.uuid("uuid", client, text) }

  /// A name for anything else, such as a key of the client's own.
  package func name(_ text: String) -> String { key.name("name", client, text) }

  func version(_ text: String) -> String? { Int(text).flatMap { versions[$0] }.map { String($0) } }

  /// An absolute or relative URL, or a reference, that names a resource.
  package func renamed(_ node: Node) -> String? {
    guard let text = node.string, let target = node.referenceTarget else { return nil }
    switch target {
    case .resource(let base, let type, let id, _):
      guard ResourceTypes.all.contains(type) else { return Self.mark + key.name("url", client, text) }
      return (base.map { "\(Self.server)\(key.name("server", client, $0))/" } ?? "") + "\(type)/\(self.id(type, id))"
    case .uuid, .oid: return "urn:uuid:" + uuid(text)
    case .contained(let id): return id.isEmpty ? "#" : "#" + self.id("#", id)
    case .other(let text): return search(text) ?? Self.mark + key.name("url", client, text)
    }
  }

  /// `Patient?identifier=system|value`, by which a transaction may name a patient.
  private func search(_ text: String) -> String? {
    let start = "Patient?identifier="
    guard text.hasPrefix(start) else { return nil }
    let bar = text.contains("|") ? "|" : text.contains("%7C") ? "%7C" : "%7c"
    let parts = text.dropFirst(start.count).split(separator: bar, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let system = String(parts[0])
    return "\(start)\(self.system(system))|\(value(String(parts[1]), of: system))"
  }

  /// A system's URI: itself where it is known, else its name.
  func system(_ text: String) -> String {
    vocabulary.isKnown(system: text) ? text : "urn:deidentified:" + key.name("system", text)
  }

  /// A code or the value of an identifier in a system: itself where it is known, else its name.
  func value(_ text: String, of system: String) -> String {
    vocabulary.isKnown(system: system, code: text) ? text : key.name("value", client, system, text)
  }

  // MARK: - Copies

  /// A resource; nil where no element of its type is kept.
  package mutating func resource(_ node: Node) -> JSON? { resource(node, isContained: false) }

  private mutating func resource(_ node: Node, isContained: Bool) -> JSON? {
    guard let type = node.resourceType, let rules = ResourceRules.byType[type] else { return nil }
    guard case .object(var members) = elements(node, rules, of: isContained ? "#" : type) else { return nil }
    members.insert(JSON.Member("resourceType", .string(type)), at: 0)
    return .object(members)
  }

  /// - Parameter type: what the ids of the resource stand for.
  private mutating func elements(_ node: Node, _ rules: [String: ElementRule], of type: String) -> JSON? {
    guard node.kind == .object else { return nil }
    var members: [JSON.Member] = []
    var hasValue = false
    let tellsAge = rules["valueQuantity"] != nil && AgeObservation.isMeant(node)
    for child in node.children {
      guard let name = child.name else { continue }
      if tellsAge, name == "component" { continue }
      if let rule = rules[name], !(tellsAge && name.hasPrefix("value")) {
        guard let value = applied(rule, child, of: type, as: name) else { continue }
        hasValue = hasValue || name.hasPrefix("value")
        members.append(JSON.Member(name, value))
      } else if name.hasPrefix("value"), rules["valueQuantity"] != nil, !hasValue {
        // A value that is not kept is one that is no number.
        hasValue = true
        members.append(JSON.Member("valueString", .string(Self.mark)))
      }
    }
    return .object(members)
  }

  private mutating func applied(_ rule: ElementRule, _ node: Node, of type: String, as name: String) -> JSON? {
    if case .presence(let mark) = rule { return presence(mark, node) }
    guard node.kind == .array else { return single(rule, node, of: type, as: name) }
    let entries = node.children.compactMap { single(rule, $0, of: type, as: name) }
    return entries.isEmpty && !node.children.isEmpty ? nil : .array(entries)
  }

  private mutating func single(_ rule: ElementRule, _ node: Node, of type: String, as name: String) -> JSON? {
    switch rule {
    case .elements(let rules): return elements(node, rules, of: type)
    case .resource: return resource(node, isContained: name == "contained")
    case .id: return node.text.map { .string(id(type, $0)) }
    case .birthDate:
      guard let text = node.string, let moved = shift.birthDate(text) else { return nil }
      capsAge = capsAge || moved.isCapped
      return .string(moved.text)
    default: return dataType(rule, node)
    }
  }

  private func presence(_ mark: ElementRule.Mark, _ node: Node) -> JSON? {
    switch mark {
    case .uri: return .string("urn:deidentified:" + Self.mark)
    case .object: return [:]
    case .extensions:
      // An empty one changes nothing.
      return node.kind == .array && node.children.isEmpty ? nil : [["url": "urn:deidentified:?"]]
    }
  }
}

/// The types of resources that a reference may name.
enum ResourceTypes {
  static let all = Set(ElementTable.r4Table.types.filter(\.isResource).map(\.name)).union(
    ResourceRules.byType.keys)
}
