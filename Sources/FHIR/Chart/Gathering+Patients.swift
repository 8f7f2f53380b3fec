// SPDX-License-Identifier: Apache-2.0

/// Sorts gathered resources by patient.
struct PatientSorter {
  /// Whose a resource is.
  enum Owner {
    case patient(Int)
    /// A Location, Medication, Practitioner and the like.
    case nobody
    case unknown(code: String, text: String)
  }

  /// A patient that a resource describes, or that subjects name while the resource is missing.
  struct Entry {
    var resource: GatheredResource?
    var id: TextSlice?
  }

  private(set) var patients: [Entry] = []
  private let resources: [GatheredResource]
  private let index: IdentityIndex
  /// The patient that each position of `resources` describes.
  private var patientAt: [Int: Int] = [:]
  private var byURL: [TextSlice: Int] = [:]
  private var missing = IdentityIndex(capacity: 0)
  private var missingPatients: [Int] = []
  // Made when the first logical reference asks for it.
  private var identifiers: [IdentifierKey: [Int]]?
  // Nearly always every resource names its patient in the same words.
  private var last: (text: TextSlice, base: TextSlice?, owner: Owner)?

  init(_ resources: [GatheredResource], _ index: IdentityIndex) {
    self.resources = resources
    self.index = index
    for (position, resource) in resources.enumerated() where resource.type.equals(Patient.type) {
      patientAt[position] = patients.count
      if let url = resource.fullURL { byURL[url] = patients.count }
      patients.append(Entry(resource: resource, id: resource.id))
    }
  }

  mutating func owner(of resource: GatheredResource, at position: Int) -> Owner {
    if let patient = patientAt[position] { return .patient(patient) }
    var subjects = resource.node.elements("subject").makeIterator()
    var subject = subjects.next()
    if subject == nil {
      subjects = resource.node.elements("patient").makeIterator()
      subject = subjects.next()
    }
    if subject == nil {
      subjects = resource.node.elements("beneficiary").makeIterator()
      subject = subjects.next()
    }
    guard let subject else {
      return PatientSorter.needsSubject(resource.type)
        ? .unknown(code: "no-subject", text: "the resource does not say whose it is") : .nobody
    }
    guard subjects.next() == nil else {
      return .unknown(code: "several-subjects", text: "the resource has several subjects")
    }
    return owner(subject, of: resource)
  }

  private static func needsSubject(_ type: TextSlice) -> Bool {
    [
      Observation.type, Encounter.type, Condition.type, Procedure.type, MedicationRequest.type,
      MedicationAdministration.type, AllergyIntolerance.type, DiagnosticReport.type,
    ].contains { type.equals($0) }
  }

  private mutating func owner(_ subject: Node, of resource: GatheredResource) -> Owner {
    guard let text = subject["reference"].flatMap(TextSlice.init) else {
      return byIdentifier(subject["identifier"])
    }
    if let last, last.text == text, last.base == resource.base { return last.owner }
    let owner = named(text, by: resource)
    if text.count > 0, text[0] != UInt8(ascii: "#") { last = (text, resource.base, owner) }
    return owner
  }

  private mutating func named(_ text: TextSlice, by resource: GatheredResource) -> Owner {
    if let patient = byURL[text] { return .patient(patient) }
    let notPatient = Owner.unknown(code: "subject-not-patient", text: "the subject is no patient that is known")
    switch Locator(text) {
    case .contained(let id):
      guard
        let node = resource.node.elements("contained").first(where: { $0["id"].flatMap(TextSlice.init) == id }),
        node.isResource(Patient.type), let contained = GatheredResource(node)
      else { return notPatient }
      // A contained resource exists in its container alone (R4 references.html#contained).
      patients.append(Entry(resource: contained, id: nil))
      return .patient(patients.count - 1)
    case .resource(let named, let type, let id, _):
      guard type.equals(Patient.type) else { return notPatient }
      let base = named ?? resource.base
      switch index.find(type: type, id: id, base: base) {
      case .one(let position): return patientAt[position].map(Owner.patient) ?? notPatient
      case .ambiguous: return .unknown(code: "ambiguous-subject", text: "the subject may be one of several patients")
      case .none: break
      }
      if case .one(let position) = missing.find(type: type, id: id, base: base) {
        return .patient(missingPatients[position])
      }
      missing.add(type: type, id: id, base: base)
      missingPatients.append(patients.count)
      patients.append(Entry(resource: nil, id: id))
      return .patient(patients.count - 1)
    case .urn:
      byURL[text] = patients.count
      patients.append(Entry(resource: nil, id: nil))
      return .patient(patients.count - 1)
    case .other:
      return notPatient
    }
  }

  // A logical reference (R4 references.html#logical): the one patient who has that identifier.
  private mutating func byIdentifier(_ identifier: Node?) -> Owner {
    guard let key = identifier.flatMap(IdentifierKey.init) else {
      return .unknown(code: "no-subject", text: "the resource does not say whose it is")
    }
    if identifiers == nil { identifiers = identifiersOfPatients() }
    let matches = identifiers?[key] ?? []
    switch matches.count {
    case 1: return .patient(matches[0])
    case 0: return .unknown(code: "subject-not-patient", text: "the subject is no patient that is known")
    default: return .unknown(code: "ambiguous-subject", text: "the subject may be one of several patients")
    }
  }

  private func identifiersOfPatients() -> [IdentifierKey: [Int]] {
    var found: [IdentifierKey: [Int]] = [:]
    for position in patientAt.keys.sorted() {
      guard let patient = patientAt[position] else { continue }
      for identifier in resources[position].node.elements("identifier") {
        guard let key = IdentifierKey(identifier), found[key]?.last != patient else { continue }
        found[key, default: []].append(patient)
      }
    }
    return found
  }

  private struct IdentifierKey: Hashable {
    let system: TextSlice
    let value: TextSlice

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

extension Gathering {
  /// One chart for each patient. What has no known patient is reported in every chart.
  mutating func charts() -> [Chart] {
    let (kept, index) = newest()
    var sorter = PatientSorter(kept, index)
    var owners: [Int] = []  // the patient, or -1
    owners.reserveCapacity(kept.count)
    var shared: [GatheredResource] = []
    for (position, resource) in kept.enumerated() {
      switch sorter.owner(of: resource, at: position) {
      case .patient(let patient): owners.append(patient)
      case .nobody:
        owners.append(-1)
        shared.append(resource)
      case .unknown(let code, let text):
        owners.append(-1)
        report(resource.issue(.warning, code, text))
      }
    }
    // Patients in order of first appearance, as a resource or as a subject.
    var chartOf = [Int?](repeating: nil, count: sorter.patients.count)
    var charts: [Chart] = []
    for (resource, owner) in zip(kept, owners) where owner >= 0 {
      let entry = sorter.patients[owner]
      if chartOf[owner] == nil {
        chartOf[owner] = charts.count
        var chart = Chart()
        chart.patient = entry.resource.map { Patient(node: $0.node) }
        chart.patientID = entry.id?.string
        charts.append(chart)
      }
      guard let chart = chartOf[owner] else { continue }
      if resource.type.equals(Patient.type) {
        charts[chart].held.append(resource)
      } else {
        charts[chart].append(resource)
      }
    }
    for position in charts.indices {
      charts[position].ownCount = charts[position].held.count
      charts[position].held += shared
      charts[position].issues = issues
    }
    return charts
  }

  /// The chart of one patient; the first where `patientID` is nil.
  mutating func chart(of patientID: String?) -> Chart {
    let charts = charts()
    let id = patientID.map { $0.hasPrefix("Patient/") ? String($0.dropFirst(8)) : $0 }
    let matches = charts.indices.filter { id == nil || charts[$0].patientID == id }
    // Two servers' patients of one id: whose chart is asked for cannot be told.
    let mine = id != nil && matches.count > 1 ? nil : matches.first
    var chart = mine.map { charts[$0] } ?? Chart()
    if mine == nil {
      chart.patientID = id
      chart.issues = issues
      if matches.count > 1 {
        chart.issues.append(Issue(.error, "ambiguous-patient", "several servers' patients have the id asked for"))
      }
    }
    for position in charts.indices where position != mine {
      for resource in charts[position].held.prefix(charts[position].ownCount) {
        chart.issues.append(resource.issue(.warning, "other-patient", "the resource is another patient's"))
      }
    }
    return chart
  }
}
