// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// The version of a resource is told by what it says and by its elements, and said where it is not R4.
@Suite struct FHIRVersionTests {
  static let r5 = "this resource, and perhaps more, has the shape of FHIR R5"
  static let stu3 = "this resource, and perhaps more, has the shape of FHIR STU3"
  static let r4B = "this resource, and perhaps more, has the shape of FHIR R4B"
  static let other = "this resource, and perhaps more, is of another version of FHIR than R4"
  static let mixed = "elements of several FHIR versions stand in one resource"

  static func notes(_ members: String) throws -> [String] {
    let text = #"{"resourceType":\#(members),"subject":{"reference":"Patient/1"}}"#
    let document = try Document(Array(text.utf8), syntax: .json)
    return Chart(resources: [document.root], patientID: "1").issues.filter(isAboutVersions).map(\.text)
  }

  static func isAboutVersions(_ issue: FHIR.Issue) -> Bool {
    issue.code == "fhir-version" || issue.code == "mixed-versions"
  }

  @Test(
    arguments: [
      (#""Encounter","class":{"code":"IMP"},"period":{},"reasonCode":[{"text":"a"}]"#, nil),
      (#""Encounter","class":[{"coding":[{"code":"IMP"}]}]"#, r5), (#""Encounter","actualPeriod":{}"#, r5),
      (#""Encounter","reason":[{"value":[{"concept":{"text":"a"}}]}]"#, r5),
      (#""Encounter","reason":[{"text":"a"}],"period":{}"#, stu3),
      (#""Encounter","period":{},"actualPeriod":{}"#, mixed),
      (#""Encounter","class":{"code":"IMP"},"actualPeriod":{}"#, mixed),
      (#""Observation","context":{"reference":"Encounter/1"}"#, stu3), (#""Observation","encounter":{}"#, nil),
      (#""Observation","context":{},"hasMember":[]"#, mixed), (#""Observation","triggeredBy":[]"#, r5),
      (#""Observation","status":"final","valueQuantity":{"value":1}"#, nil),
      (#""Condition","clinicalStatus":"active""#, stu3), (#""Condition","clinicalStatus":{"coding":[]}"#, nil),
      (#""Procedure","occurrencePeriod":{}"#, r5), (#""Procedure","performedPeriod":{},"encounter":{}"#, nil),
      (#""MedicationRequest","medication":{"concept":{}}"#, r5),
      (#""MedicationRequest","medicationCodeableConcept":{}"#, nil),
      (#""MedicationAdministration","medicationReference":{},"occurenceDateTime":"2020""#, mixed),
      (#""DiagnosticReport","codedDiagnosis":[]"#, stu3),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/vitalsigns|4.3.0"]}"#, r4B),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/5.0/StructureDefinition/Observation"]}"#, r5),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/bp|3.0.2"]},"note":[]"#, mixed),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/bp|4.0.1"]}"#, nil),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/a|5.0.1"]}"#, nil),
      (#""CapabilityStatement","fhirVersion":"5.0.0""#, r5), (#""CapabilityStatement","fhirVersion":"4.0.1""#, nil),
      (#""CapabilityStatement","fhirVersion":"9""#, other), (#""CapabilityStatement","fhirVersion":"x""#, nil),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/1.0/StructureDefinition/Observation"]}"#, other),
      (#""Observation","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/bp|6.0.0"]},"encounter":{}"#, other),
      (#""MedicationUsage","medication":{"concept":{}}"#, r5), (#""MedicationStatement","taken":"y""#, stu3),
      (#""MedicationStatement","medicationCodeableConcept":{}"#, nil),
    ] as [(String, String?)])
  func tellsTheVersion(members: String, note: String?) throws {
    #expect(try Self.notes(members) == (note.map { [$0] } ?? []))
  }

  @Test func eachVersionIsSaidOnceAndWithItsPlace() throws {
    let text = #"""
      {"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}},
      {"resource":{"resourceType":"Encounter","actualPeriod":{},"subject":{"reference":"Patient/1"}}},
      {"resource":{"resourceType":"Procedure","occurrencePeriod":{},"subject":{"reference":"Patient/1"}}},
      {"resource":{"resourceType":"Observation","context":{},"subject":{"reference":"Patient/1"}}}]}
      """#
    let issues = Chart.charts(in: [try Document(Array(text.utf8))]).flatMap(\.issues)
    #expect(issues.map(\.text) == [Self.r5, Self.stu3])
    #expect(issues.map(\.path) == ["Bundle.entry[1].resource", "Bundle.entry[3].resource"])
    #expect(issues.allSatisfy { $0.severity == .information })
  }

  /// Both shapes of one stay are read alike, from both syntaxes.
  @Test func recognisedInXMLToo() throws {
    let text = """
      <Encounter xmlns='http://hl7.org/fhir'><class><coding><code value='IMP'/></coding></class><subject><reference \
      value='Patient/1'/></subject><actualPeriod><start value='2020-01-01'/></actualPeriod></Encounter>
      """
    let chart = Chart(resources: [try Document(Array(text.utf8)).root], patientID: nil)
    #expect(chart.issues.map(\.text) == [Self.r5])
    #expect(chart.encounters.first?.classCode == "IMP")
    #expect(chart.encounters.first?.period?.start != nil)
  }

  @Test(arguments: ["json", "xml"]) func everyOfficialExampleOfR4IsOfR4(_ suffix: String) throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    for file in try SharedData.files(in: data.appendingPathComponent("hl7-r4-examples/\(suffix)"), extension: suffix) {
      let document = try Document(SharedData.bytes(file), limits: .files)
      let notes = Chart(resources: [document.root], patientID: nil).issues.filter(Self.isAboutVersions)
      #expect(notes.isEmpty, "\(file.lastPathComponent): \(notes.map { $0.path ?? "" })")
    }
  }
}
