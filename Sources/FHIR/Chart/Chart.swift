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
  /// What was left out and why.
  package internal(set) var issues: [Issue] = []
  /// The patient's resources and those that belong to nobody (Location, Medication, Practitioner, ...).
  var held: [GatheredResource] = []
  /// How many of `held`, from the first, are the patient's.
  var ownCount = 0

  /// Finds the resources that references name, among the patient's and those that belong to nobody. Made anew each
  /// time: keep it while resolving.
  package var references: ReferenceIndex { ReferenceIndex(held) }

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

  mutating func append(_ resource: GatheredResource) {
    held.append(resource)
    let node = resource.node
    let type = resource.type
    if type.equals(Observation.type) {
      observations.append(Observation(node: node))
    } else if type.equals(Encounter.type) {
      encounters.append(Encounter(node: node))
    } else if type.equals(Condition.type) {
      conditions.append(Condition(node: node))
    } else if type.equals(Procedure.type) {
      procedures.append(Procedure(node: node))
    } else if type.equals(MedicationRequest.type) {
      medicationRequests.append(MedicationRequest(node: node))
    } else if type.equals(MedicationAdministration.type) {
      medicationAdministrations.append(MedicationAdministration(node: node))
    } else if type.equals(AllergyIntolerance.type) {
      allergyIntolerances.append(AllergyIntolerance(node: node))
    } else if type.equals(DiagnosticReport.type) {
      diagnosticReports.append(DiagnosticReport(node: node))
    } else if type.equals(Device.type) {
      devices.append(Device(node: node))
    } else {
      others.append(node)
    }
  }
}
