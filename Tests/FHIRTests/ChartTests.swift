// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

private func document(_ json: JSON) throws -> Document { try Document(json.encoded(), syntax: .json) }

private func patient(_ id: String, _ more: JSON.Member...) -> JSON {
  .object([JSON.Member("resourceType", "Patient"), JSON.Member("id", .string(id))] + more)
}

private func observation(_ id: String, of subject: String?, _ more: JSON.Member...) -> JSON {
  var members = [
    JSON.Member("resourceType", "Observation"), JSON.Member("id", .string(id)), JSON.Member("status", "final"),
  ]
  if let subject { members.append(JSON.Member("subject", ["reference": .string(subject)])) }
  return .object(members + more)
}

private func bundle(_ entries: [(url: String?, resource: JSON)], type: String = "collection") -> JSON {
  [
    "resourceType": "Bundle", "type": .string(type),
    "entry": .array(entries.map { ["fullUrl": $0.url.map(JSON.string), "resource": $0.resource] }),
  ]
}

private func ids(_ chart: Chart) -> [String?] { chart.observations.map(\.id) }

@Suite struct ChartTests {
  @Test func keepsTwoPatientsApart() throws {
    let mixed = bundle([
      ("urn:uuid:aa", patient("a")), ("urn:uuid:bb", patient("b")),
      (nil, observation("1", of: "urn:uuid:aa")), (nil, observation("2", of: "Patient/b")),
      (nil, observation("3", of: "Patient/a/_history/4")), (nil, observation("4", of: "urn:uuid:bb")),
      (nil, observation("5", of: "Patient/c")), (nil, observation("6", of: nil)),
      (nil, observation("7", of: "Group/a")),
    ])
    let charts = Chart.charts(in: [try document(mixed)])
    #expect(charts.map(\.patientID) == ["a", "b", "c"])
    #expect(charts.map(ids) == [["1", "3"], ["2", "4"], ["5"]])
    #expect(charts[2].patient == nil)
    #expect(charts[0].issues.map(\.code) == ["no-subject", "subject-not-patient"])
    #expect(charts[0].issues.map(\.path) == ["Bundle.entry[7].resource", "Bundle.entry[8].resource"])
  }

  @Test func leavesOutOtherPatientsAndSaysSo() throws {
    let a = try document(patient("a")).root
    let mixed = try document(
      bundle([(nil, observation("1", of: "Patient/a")), (nil, observation("2", of: "Patient/b"))]))
    for asked in ["a", "Patient/a", nil] {
      let chart = Chart(resources: [a, mixed.root], patientID: asked)
      #expect(chart.patient?.id == "a" && ids(chart) == ["1"])
      #expect(chart.issues.map(\.code) == ["other-patient"])
      #expect(chart.issues.first?.path == "Bundle.entry[1].resource")
    }
    let none = Chart(resources: [a, mixed.root], patientID: "z")
    #expect(none.patient == nil && none.observations.isEmpty && none.patientID == "z")
    #expect(none.issues.filter { $0.code == "other-patient" }.count == 3)
  }

  @Test func serversOfOneIDAreTwoPatients() throws {
    let mixed = bundle([
      ("http://one/fhir/Patient/1", patient("1")), ("http://two/fhir/Patient/1", patient("1")),
      ("http://one/fhir/Observation/1", observation("1", of: "Patient/1")),
      ("http://two/fhir/Observation/1", observation("1", of: "Patient/1")),
      ("http://two/fhir/Observation/2", observation("2", of: "http://one/fhir/Patient/1")),
      (nil, observation("3", of: "Patient/1")), (nil, observation("4", of: "http://three/fhir/Patient/1")),
    ])
    let charts = Chart.charts(in: [try document(mixed)])
    #expect(charts.map(ids) == [["1", "2"], ["1"], ["4"]])
    #expect(charts[0].issues.map(\.code) == ["ambiguous-subject"])
    let asked = Chart(resources: [try document(mixed).root], patientID: "1")
    #expect(asked.observations.isEmpty && asked.issues.contains { $0.code == "ambiguous-patient" })
  }

  @Test func logicalAndContainedSubjects() throws {
    let identifier: JSON = ["system": "urn:mrn", "value": "77"]
    let logical = observation("1", of: nil, JSON.Member("subject", ["identifier": identifier]))
    let stranger = observation(
      "2", of: nil, JSON.Member("subject", ["identifier": ["system": "urn:x", "value": "77"]]))
    let contained = observation(
      "3", of: "#p", JSON.Member("contained", [["resourceType": "Patient", "id": "p", "gender": "female"]]))
    let all = bundle([
      (nil, patient("a", JSON.Member("identifier", [identifier]))), (nil, logical), (nil, stranger), (nil, contained),
    ])
    let charts = Chart.charts(in: [try document(all)])
    #expect(charts.map(ids) == [["1"], ["3"]])
    #expect(charts[1].patient?.gender == .female && charts[1].patientID == nil)
    #expect(charts[0].issues.map(\.code) == ["subject-not-patient"])
  }

  @Test(
    arguments: [
      ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "9", "1", 1),
      ("2026-01-03T00:00:00+02:00", "2026-01-02T00:00:00Z", "1", "9", 0),
      (nil, nil, "9", "10", 1), (nil, nil, "10", "9", 0), (nil, nil, nil, nil, 1), (nil, nil, "a", "b", 1),
    ] as [(String?, String?, String?, String?, Int)])
  func newestVersionIsKept(firstTime: String?, secondTime: String?, first: String?, second: String?, kept: Int) throws {
    func version(_ mark: Int, _ time: String?, _ version: String?) -> JSON {
      observation(
        "1", of: "Patient/a",
        JSON.Member("meta", ["lastUpdated": time.map(JSON.string), "versionId": version.map(JSON.string)]),
        JSON.Member("valueInteger", .number(mark)))
    }
    let both = bundle([(nil, version(0, firstTime, first)), (nil, version(1, secondTime, second))])
    let chart = try #require(Chart.charts(in: [try document(both)]).first)
    #expect(chart.observations.count == 1)
    #expect(chart.observations.first?.node["valueInteger"]?.double == Double(kept))
    #expect(chart.issues.map(\.code) == ["superseded"])
  }

  @Test func historyIsNewestFirstAndKnowsDeletions() throws {
    func entry(_ resource: JSON?, _ method: String, _ url: String) -> JSON {
      ["resource": resource, "request": ["method": .string(method), "url": .string(url)]]
    }
    let history: JSON = [
      "resourceType": "Bundle", "type": "history",
      "entry": [
        entry(nil, "DELETE", "Observation/1"),
        entry(observation("2", of: "Patient/a", JSON.Member("valueInteger", 2)), "PUT", "Observation/2"),
        entry(observation("2", of: "Patient/a", JSON.Member("valueInteger", 1)), "PUT", "Observation/2"),
        entry(observation("1", of: "Patient/a"), "POST", "Observation"),
      ],
    ]
    let chart = try #require(Chart.charts(in: [try document(history)]).first)
    #expect(chart.observations.map { $0.node["valueInteger"]?.double } == [2])
    #expect(Set(chart.issues.map(\.code)) == ["superseded", "deleted"])
  }

  @Test func resolvesReferences() throws {
    let encounter: JSON = [
      "resourceType": "Encounter", "id": "e", "subject": ["reference": "Patient/a"],
      "contained": [["resourceType": "Location", "id": "in"]],
      "location": [
        ["location": ["reference": "#in"]], ["location": ["reference": "Location/l"]],
        ["location": ["reference": "urn:uuid:f"]], ["location": ["reference": "http://s/Location/l/_history/2"]],
        ["location": ["reference": "Location/none"]],
      ],
    ]
    let all = bundle([
      ("http://s/Patient/a", patient("a")), ("http://s/Encounter/e", encounter),
      ("http://s/Location/l", ["resourceType": "Location", "id": "l"]),
      ("urn:uuid:f", ["resourceType": "Location", "id": "f"]),
    ])
    let chart = try #require(Chart.charts(in: [try document(all)]).first)
    let stay = try #require(chart.encounters.first)
    var references = chart.references
    let places = stay.locations.map { $0.location.flatMap { references.resolve($0, in: stay.node) }?["id"]?.string }
    #expect(places == ["in", "l", "f", "l", nil])
  }

  @Test func referencesNeverLeadToAnotherPatient() throws {
    let all = bundle([
      ("urn:uuid:1", patient("a")), ("urn:uuid:2", patient("b")), ("urn:uuid:3", observation("3", of: "Patient/b")),
      (
        "urn:uuid:4",
        observation(
          "4", of: "Patient/a",
          JSON.Member(
            "hasMember",
            [
              ["reference": "Observation/3"], ["reference": "urn:uuid:3"], ["reference": "urn:uuid:4"],
              ["reference": "http://any/fhir/Observation/4"],
            ]))
      ),
    ])
    let chart = try #require(Chart.charts(in: [try document(all)]).first)
    let panel = try #require(chart.observations.first)
    var references = chart.references
    let found = panel.members.map { references.resolve($0, in: panel.node)?["id"]?.string }
    #expect(found == [nil, nil, "4", "4"])
  }

  @Test func batchResponsesAndOutcomesAreReported() throws {
    let outcome: JSON = ["resourceType": "OperationOutcome", "issue": [["severity": "error", "code": "not-found"]]]
    let response: JSON = [
      "resourceType": "Bundle", "type": "batch-response",
      "entry": [
        ["resource": patient("a"), "response": ["status": "200 OK"]],
        ["response": ["status": "404 Not Found", "outcome": outcome]],
        ["resource": bundle([(nil, observation("1", of: "Patient/a"))]), "response": ["status": "200"]],
        ["resource": ["id": "x"]],
      ],
    ]
    let chart = try #require(Chart.charts(in: [try document(response)]).first)
    #expect(ids(chart) == ["1"])
    #expect(chart.issues.map(\.code) == ["operation-outcome", "response-error", "not-a-resource"])
    #expect(chart.issues[0].path == "Bundle.entry[1].response.outcome.issue[0]")
  }
}
