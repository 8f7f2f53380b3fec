// SPDX-License-Identifier: Apache-2.0

extension Gathering {
  /// One chart for each patient. What was left out is reported in the chart of its patient, and in every chart where it has
  /// none that is known.
  package mutating func charts() -> [Chart] {
    dropDeleted()
    openContainers()
    reportMissingPages()
    var sorter = PatientSorter(table)
    var charts: [Chart] = []
    var chartOf: [Int32] = []  // by patient, -1 without one; in order of first appearance as a resource or as a subject
    var shared: [Int32] = []
    var owners: [Int32] = []
    owners.reserveCapacity(table.resources.count)
    var run = 0  // the first of the last resources that are one patient's
    for position in table.resources.indices {
      let owner: Int32
      switch sorter.owner(at: position) {
      case .patient(let patient):
        while chartOf.count <= patient { chartOf.append(-1) }
        if chartOf[patient] < 0 {
          chartOf[patient] = Int32(charts.count)
          charts.append(Chart(of: known(sorter.patients[patient]), number: charts.count, in: table))
        }
        owner = chartOf[patient]
      case .nobody:
        shared.append(Int32(position))
        owner = Chart.nobody
      case .unknown(let doubt):
        let resource = table.resources[position]
        note(resource.issue(.warning, doubt.code, doubt.text, in: table), about: resource)
        owner = Chart.unknown
      }
      if let last = owners.last, last != owner {
        if last >= 0 { charts[Int(last)].own.append(contentsOf: Int32(run)..<Int32(position)) }
        run = position
      }
      owners.append(owner)
    }
    if let last = owners.last, last >= 0 {
      charts[Int(last)].own.append(contentsOf: Int32(run)..<Int32(owners.count))
    }
    var sharedIssues: [Issue] = []
    for note in notes {
      if let resource = note.resource, case .patient(let patient) = sorter.owner(ofLeftOut: resource),
        patient < chartOf.count, chartOf[patient] >= 0
      {
        charts[Int(chartOf[patient])].ownIssues.append(note.issue)
      } else {
        sharedIssues.append(note.issue)
      }
    }
    for chart in charts.indices {
      charts[chart].shared = shared
      charts[chart].owners = owners
      charts[chart].sharedIssues = sharedIssues
    }
    return charts
  }

  /// A patient without the resource where it may not be read as it stands.
  private mutating func known(_ patient: PatientSorter.Entry) -> PatientSorter.Entry {
    guard let resource = patient.resource, Patient(node: table.node(resource)).isExcluded else { return patient }
    let text: StaticString = "a Patient is modified in a way that is not understood"
    note(resource.issue(.warning, "modifier", text, in: table), about: resource)
    return PatientSorter.Entry(resource: nil, id: patient.id)
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
      chart.sharedIssues = issues
      if matches.count > 1 {
        chart.ownIssues.append(Issue(.error, "ambiguous-patient", "several servers' patients have the id asked for"))
      }
    }
    for position in charts.indices where position != mine {
      for other in charts[position].own {
        let resource = table.resources[Int(other)]
        let text: StaticString = "the resource is another patient's"
        chart.ownIssues.append(resource.issue(.warning, "other-patient", text, in: table))
      }
    }
    return chart
  }
}
