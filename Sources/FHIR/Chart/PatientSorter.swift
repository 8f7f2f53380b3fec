// SPDX-License-Identifier: Apache-2.0

/// Sorts gathered resources by patient.
struct PatientSorter {
  /// Whose a resource is.
  enum Owner {
    /// A place in `patients`.
    case patient(Int)
    /// A Location, Medication, Practitioner and the like.
    case nobody
    case unknown(Doubt)
  }

  /// Why it cannot be told whose a resource is.
  enum Doubt {
    case noSubject, severalSubjects, notPatient, ambiguous

    var code: StaticString {
      switch self {
      case .noSubject: "no-subject"
      case .severalSubjects: "several-subjects"
      case .notPatient: "subject-not-patient"
      case .ambiguous: "ambiguous-subject"
      }
    }

    var text: StaticString {
      switch self {
      case .noSubject: "the resource does not say whose it is"
      case .severalSubjects: "the resource does not have one subject"
      case .notPatient: "the subject is no patient that is known"
      case .ambiguous: "the subject may be one of several patients"
      }
    }
  }

  /// A patient that a resource describes, or that subjects name while the resource is missing.
  struct Entry {
    var resource: GatheredResource?
    var id: TextSlice?
  }

  private(set) var patients: [Entry] = []
  private let table: ResourceTable
  /// The patient that each position of the table describes.
  private var patientAt: [Int: Int] = [:]
  private var byURL: [TextSlice: Int] = [:]
  /// Patients that subjects name while the resource is missing.
  private var missing: [TextSlice: [(base: TextSlice?, patient: Int)]] = [:]
  /// Patients that resources contain, by where they stand.
  private var contained: [Place: Int] = [:]
  // Made when the first logical reference asks for it.
  private var identifiers: [IdentifierKey: [Int]]?
  /// The last subject that was told by a reference.
  private var last: (text: TextSlice?, base: TextSlice?, owner: Owner) = (nil, nil, .nobody)

  init(_ table: ResourceTable) {
    self.table = table
    for position in table.resources.indices where table.resources[position].kind == .patient {
      let resource = table.resources[position]
      patientAt[position] = patients.count
      if let url = resource.fullURL { byURL[url] = patients.count }
      patients.append(Entry(resource: resource, id: resource.id))
    }
  }

  mutating func owner(at position: Int) -> Owner {
    let (subject, kind) = (table.resources[position].subject, table.resources[position].kind)
    if kind == .patient, let patient = patientAt[position] { return .patient(patient) }
    guard subject != 0 else {
      return kind.needsSubject ? .unknown(.noSubject) : .nobody
    }
    let resource = table.resources[position]
    let view = table.view(of: resource)
    // Nearly always the subject is given in the same words as the one before.
    if let text = view.member(subject, "reference"), !view.isContainer(text), last.text == TextSlice(text: view, text),
      last.base == resource.base
    {
      return last.owner
    }
    return owner(of: resource)
  }

  /// Whose a resource is that does not stand in the table: one of an earlier version, or deleted.
  mutating func owner(ofLeftOut resource: GatheredResource) -> Owner {
    if resource.kind == .patient {
      guard case .one(let position) = table.find(resource), let patient = patientAt[position] else { return .nobody }
      return .patient(patient)
    }
    return resource.subject == 0 ? .nobody : owner(of: resource)
  }

  private mutating func owner(of resource: GatheredResource) -> Owner {
    var subject = Node(tape: table.tape(of: resource), index: resource.subject)
    if subject.kind == .array {
      guard subject.count == 1, let only = subject.children.first else {
        return .unknown(.severalSubjects)
      }
      subject = only
    }
    return owner(subject, of: resource)
  }

  private mutating func owner(_ subject: Node, of resource: GatheredResource) -> Owner {
    guard let text = subject["reference"].flatMap(TextSlice.init) else {
      return byIdentifier(subject["identifier"])
    }
    let owner = named(text, by: resource)
    if text.count > 0, text[0] != UInt8(ascii: "#") { last = (text, resource.base, owner) }
    return owner
  }

  private mutating func named(_ text: TextSlice, by resource: GatheredResource) -> Owner {
    if let patient = byURL[text] { return .patient(patient) }
    let notPatient = Owner.unknown(.notPatient)
    switch Locator(text) {
    case .contained(let id):
      guard
        let node = Node(tape: table.tape(of: resource), index: resource.container).elements("contained")
          .first(where: { $0["id"].flatMap(TextSlice.init) == id }), node.isResource(Patient.type),
        let found = GatheredResource(node.tape.view, number: resource.tape, index: node.index)
      else { return notPatient }
      // A contained resource exists in its container alone (R4 references.html#contained).
      let place = Place(tape: resource.tape, index: node.index)
      if let known = contained[place] { return .patient(known) }
      contained[place] = patients.count
      patients.append(Entry(resource: found, id: nil))
      return .patient(patients.count - 1)
    case .resource(let named, let type, let id, _):
      guard type.equals(Patient.type) else { return notPatient }
      let base = named ?? resource.base
      switch table.find(type: type, id: id, base: base) {
      case .one(let position): return patientAt[position].map(Owner.patient) ?? notPatient
      case .ambiguous: return .unknown(.ambiguous)
      case .none: break
      }
      let known = missing[id, default: []].filter { $0.base == nil || base == nil || $0.base == base }
      if known.count > 1 {
        return .unknown(.ambiguous)
      }
      if let same = known.first { return .patient(same.patient) }
      missing[id, default: []].append((base, patients.count))
      patients.append(Entry(resource: nil, id: id))
      return .patient(patients.count - 1)
    case .urn:
      byURL[text] = patients.count
      patients.append(Entry(resource: nil, id: nil))
      return .patient(patients.count - 1)
    case .other:
      // R4 http.html#trules: a transaction may name a patient by a search instead.
      return IdentifierKey(search: text).map { byIdentifier($0) } ?? notPatient
    }
  }

  // A logical reference (R4 references.html#logical): the one patient who has that identifier.
  private mutating func byIdentifier(_ identifier: Node?) -> Owner {
    guard let key = identifier.flatMap(IdentifierKey.init) else {
      return .unknown(.noSubject)
    }
    return byIdentifier(key)
  }

  private mutating func byIdentifier(_ key: IdentifierKey) -> Owner {
    if identifiers == nil { identifiers = identifiersOfPatients() }
    let matches = identifiers?[key] ?? []
    switch matches.count {
    case 1: return .patient(matches[0])
    case 0: return .unknown(.notPatient)
    default: return .unknown(.ambiguous)
    }
  }

  private func identifiersOfPatients() -> [IdentifierKey: [Int]] {
    var found: [IdentifierKey: [Int]] = [:]
    for position in patientAt.keys.sorted() {
      guard let patient = patientAt[position] else { continue }
      for identifier in table.node(table.resources[position]).elements("identifier") {
        guard let key = IdentifierKey(identifier), found[key]?.last != patient else { continue }
        found[key, default: []].append(patient)
      }
    }
    return found
  }

  private struct Place: Hashable {
    let tape: Int32
    let index: UInt32
  }

  private struct IdentifierKey: Hashable {
    let system: TextSlice
    let value: TextSlice

    /// Of `Patient?identifier=system|value`; nil for any other search, and for one that is escaped beyond its bar.
    init?(search text: TextSlice) {
      let start: StaticString = "Patient?identifier="
      guard text.hasPrefix(start) else { return nil }
      let query = text[start.utf8CodeUnitCount..<text.count]
      var (bar, end) = (query.first(UInt8(ascii: "|")) ?? query.count, 1)
      if let sign = query.first(UInt8(ascii: "%")), sign < bar {
        let escape = query[sign..<min(sign + 3, query.count)]
        guard escape.equals("%7C") || escape.equals("%7c") else { return nil }
        (bar, end) = (sign, 3)
      }
      guard bar > 0, bar + end < query.count else { return nil }
      (system, value) = (query[0..<bar], query[bar + end..<query.count])
      guard unsafe !value.bytes.contains(where: { "%&,|".utf8.contains($0) }) else { return nil }
    }

    init?(_ node: Node) {
      guard let system = node["system"].flatMap(TextSlice.init), let value = node["value"].flatMap(TextSlice.init)
      else {
        return nil
      }
      self.system = system
      self.value = value
    }
  }
}
