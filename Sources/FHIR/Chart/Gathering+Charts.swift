// SPDX-License-Identifier: Apache-2.0

extension Gathering {
  /// One chart for each patient. What has no known patient is reported in every chart.
  package mutating func charts() -> [Chart] {
    dropDeleted()
    let resources = table.resources
    var sorter = PatientSorter(table)
    var charts: [Chart] = []
    var chartOf: [Int?] = []  // by patient, in order of first appearance as a resource or as a subject
    var shared: [Int32] = []
    for position in resources.indices {
      switch sorter.owner(at: position) {
      case .patient(let patient):
        while chartOf.count < sorter.patients.count { chartOf.append(nil) }
        let chart = chartOf[patient] ?? charts.count
        if chart == charts.count {
          chartOf[patient] = chart
          charts.append(Chart(of: sorter.patients[patient], in: table))
        }
        charts[chart].append(position)
      case .nobody: shared.append(Int32(position))
      case .unknown(let code, let text): report(resources[position].issue(.warning, code, text, in: table))
      }
    }
    for chart in charts.indices {
      charts[chart].shared = shared
      charts[chart].issues = issues
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
      for other in charts[position].own {
        let resource = table.resources[Int(other)]
        let text: StaticString = "the resource is another patient's"
        chart.issues.append(resource.issue(.warning, "other-patient", text, in: table))
      }
    }
    return chart
  }
}
