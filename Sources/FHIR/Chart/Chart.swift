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
  package internal(set) var encounters: [Encounter] = []
  package internal(set) var observations: [Observation] = []
  package internal(set) var conditions: [Condition] = []
  package internal(set) var procedures: [Procedure] = []
  package internal(set) var medicationRequests: [MedicationRequest] = []
  package internal(set) var medicationAdministrations: [MedicationAdministration] = []
  package internal(set) var allergyIntolerances: [AllergyIntolerance] = []
  package internal(set) var diagnosticReports: [DiagnosticReport] = []
  package internal(set) var devices: [Device] = []
  /// The patient's resources of other types.
  package internal(set) var others: [Node] = []
  /// What was left out and why, and which versions of FHIR other than R4 were met.
  package internal(set) var issues: [Issue] = []
  /// All resources of the input, which charts share, and which of them are the patient's and which nobody's
  /// (Location, Medication, Practitioner, ...).
  private(set) var table = ResourceTable()
  private(set) var own: [Int32] = []
  var shared: [Int32] = []

  /// Finds the resources that references name, among the patient's and those that belong to nobody.
  package var references: ReferenceIndex {
    ReferenceIndex(table, held: own + shared)
  }

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

  init(of patient: PatientSorter.Entry, in table: ResourceTable) {
    self.patient = patient.resource.map { Patient(node: table.node($0)) }
    patientID = patient.id?.string
    self.table = table
  }

  /// Takes one of the resources as the patient's.
  mutating func append(_ position: Int) {
    own.append(Int32(position))
    let resource = table.resources[position]
    let node = table.node(resource)
    switch resource.kind {
    case .observation: observations.append(Observation(node: node))
    case .encounter: encounters.append(Encounter(node: node))
    case .condition: conditions.append(Condition(node: node))
    case .procedure: procedures.append(Procedure(node: node))
    case .medicationRequest: medicationRequests.append(MedicationRequest(node: node))
    case .medicationAdministration: medicationAdministrations.append(MedicationAdministration(node: node))
    case .allergyIntolerance: allergyIntolerances.append(AllergyIntolerance(node: node))
    case .diagnosticReport: diagnosticReports.append(DiagnosticReport(node: node))
    case .device: devices.append(Device(node: node))
    case .patient: break
    case .bundle, .parameters, .operationOutcome, .other: others.append(node)
    }
  }
}
