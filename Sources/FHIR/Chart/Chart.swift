// SPDX-License-Identifier: Apache-2.0

/// All that is known of one patient, gathered from documents, Bundle entries or a hook's prefetch.
///
/// Everything in a chart names its patient as subject; what names another or none is left out and reported. Of
/// several versions of a resource the newest is kept. Resources keep the order of their first appearance. Whether a
/// resource may be relied on (status, modifier extensions) is asked of its view, not decided here.
package struct Chart: Sendable {
  /// The patient, where the input holds the resource.
  package internal(set) var patient: Patient?
  /// The patient's logical id, from the resource or else as its subjects name it.
  package internal(set) var patientID: String?
  /// What was left out and why, and which versions of FHIR other than R4 were met.
  package var issues: [Issue] { sharedIssues + ownIssues }
  /// What is reported in every chart of the input, and what in this one alone.
  var sharedIssues: [Issue] = []
  var ownIssues: [Issue] = []
  /// All resources of the input, which charts share, with the number of the chart that each belongs to.
  private(set) var table = ResourceTable()
  var owners: [Int32] = []
  private var number: Int32 = 0
  /// The positions of the patient's resources, and of those that are nobody's (Location, Medication, ...).
  var own: [Int32] = []
  var shared: [Int32] = []

  /// In `owners`, what belongs to nobody and may be referred to by every chart.
  static let nobody: Int32 = -1
  /// In `owners`, what is in no chart.
  static let unknown: Int32 = -2

  /// Finds the resources that references name, among the patient's and those that belong to nobody.
  package var references: ReferenceIndex { ReferenceIndex(self) }

  /// Where an element of a chart's resource stands; it holds nothing and means something to its chart only.
  package struct Place: Sendable, Hashable {
    /// The position of the resource.
    let resource: Int32
    let node: UInt32

    /// Another element of the same resource.
    package func element(_ node: UInt32) -> Place { Place(resource: resource, node: node) }
  }

  /// The element at a place of this chart.
  package func node(at place: Place) -> Node {
    Node(tape: table.tape(of: table.resources[Int(place.resource)]), index: place.node)
  }

  /// The resource that holds the element at a place of this chart.
  package func resource(at place: Place) -> Node { table.node(table.resources[Int(place.resource)]) }

  /// The resource that contains the one at a place of this chart; nil where it stands by itself.
  package func container(at place: Place) -> Node? {
    let resource = table.resources[Int(place.resource)]
    return resource.container == resource.index
      ? nil : Node(tape: table.tape(of: resource), index: resource.container)
  }

  /// Whether the resource at a position of the table is the patient's or nobody's.
  func holds(_ position: Int) -> Bool { owners[position] == number || owners[position] == Chart.nobody }

  /// The patient's chart from resources, of which some may be Bundles or Parameters that hold more.
  ///
  /// - Parameter patientID: the logical id (`123` or `Patient/123`) whose chart it is; nil for the first patient that
  ///   appears. Other patients' resources are left out, each with an issue.
  package init(resources: [Node], patientID: String?) {
    var gathering = Gathering()
    for resource in resources { gathering.add(resource) }
    self = gathering.chart(of: patientID)
  }

  /// One chart for each patient that appears, in order of first appearance.
  package static func charts(in documents: [Document]) -> [Chart] {
    var gathering = Gathering()
    for document in documents { gathering.add(document.root) }
    return gathering.charts()
  }

  /// An empty chart.
  package init() {}

  init(of patient: PatientSorter.Entry, number: Int, in table: ResourceTable) {
    self.patient = patient.resource.map { Patient(node: table.node($0)) }
    patientID = patient.id?.string
    self.number = Int32(number)
    self.table = table
  }
}

extension Chart {
  /// The patient's encounters.
  package var encounters: [Encounter] { resources(.encounter) }
  /// The patient's measurements and findings.
  package var observations: [Observation] { resources(.observation) }
  /// The patient's problems and diagnoses.
  package var conditions: [Condition] { resources(.condition) }
  /// What was done to the patient.
  package var procedures: [Procedure] { resources(.procedure) }
  /// The patient's orders for medications.
  package var medicationRequests: [MedicationRequest] { resources(.medicationRequest) }
  /// The medications given to the patient.
  package var medicationAdministrations: [MedicationAdministration] { resources(.medicationAdministration) }
  /// What the patient is said to take.
  package var medicationStatements: [MedicationStatement] { resources(.medicationStatement) }
  /// The patient's allergies.
  package var allergyIntolerances: [AllergyIntolerance] { resources(.allergyIntolerance) }
  /// The reports over the patient's observations.
  package var diagnosticReports: [DiagnosticReport] { resources(.diagnosticReport) }
  /// The patient's devices.
  package var devices: [Device] { resources(.device) }
  /// The patient's resources of types that have no view, such as orders for services.
  package var others: [Node] {
    own.compactMap { position in
      let resource = table.resources[Int(position)]
      return resource.kind == .other ? table.node(resource) : nil
    }
  }

  /// The views are made when they are asked for: most are never.
  private func resources<View: Resource>(_ kind: ResourceKind) -> [View] {
    own.compactMap { position in
      let resource = table.resources[Int(position)]
      return resource.kind == kind ? View(node: table.node(resource)) : nil
    }
  }
}
