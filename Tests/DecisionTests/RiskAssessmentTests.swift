// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Testing

@Suite struct RiskAssessmentTests {
  static func resources(_ name: String) throws -> [JSON] {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    return assessor.assess(chart, at: Samples.instant(chart, assessor), encounterID: "e1").riskAssessments
  }

  @Test func anAssessedFindingHasAProbability() throws {
    for resource in try Self.resources("septic-deterioration") {
      guard case .array(let predictions)? = resource["prediction"], let prediction = predictions.first else {
        return #expect(Bool(false), "no prediction")
      }
      #expect(resource["status"] == "final" && prediction["probabilityDecimal"] != nil)
      #expect(resource["encounter"] == ["reference": "Encounter/e1"] && resource["basis"] != nil)
    }
  }

  @Test func aFindingWithoutProbabilityHasAReasonInstead() throws {
    for resource in try Self.resources("outpatient") {
      guard case .array(let predictions)? = resource["prediction"], let prediction = predictions.first else {
        return #expect(Bool(false), "no prediction")
      }
      #expect(prediction["probabilityDecimal"] == nil && prediction["_probabilityDecimal"] != nil)
      #expect(prediction["rationale"] != nil && resource["mitigation"] == nil)
    }
  }

  @Test func theyAreValidByTheSchema() throws {
    guard let data = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"],
      let schema = ["\(data)/fhir-r4-examples/hl7-r4-schema/fhir.schema.json"].first(
        where: FileManager.default.fileExists(atPath:))
    else { return print("skipped: set VIGIL_DATA_UNPACKED to the folder with fhir-r4-examples") }
    let resources = try Samples.charts.flatMap { try Self.resources($0) }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString).json")
    try Data(JSON.array(resources).encoded()).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let script = """
      import json, sys
      try:
        import jsonschema
      except ImportError:
        sys.exit(77)
      schema = json.load(open(sys.argv[1]))
      top = {"$schema": schema["$schema"], "definitions": schema["definitions"], "$ref": "#/definitions/RiskAssessment"}
      check = jsonschema.Draft6Validator(top)
      errors = [e.message[:200] for r in json.load(open(sys.argv[2])) for e in check.iter_errors(r)]
      print(errors)
      sys.exit(1 if errors else 0)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, schema, file.path]
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus == 77 { return print("skipped: python jsonschema is not installed") }
    #expect(process.terminationStatus == 0)
  }
}
