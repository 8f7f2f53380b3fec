// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Foundation
import TestSupport
import Testing

/// What leaves the house is valid by HL7's own schemas, in both syntaxes: Bundles of RiskAssessments and the
/// OperationOutcome of every error. Runs where the schemas and Python's jsonschema and lxml are at hand.
@Suite struct EmittedResourceTests {
  /// The folder of HL7's schemas, or nil after a message. `VIGIL_DATA_UNPACKED` names a folder with one folder an archive;
  /// otherwise the two schemas are taken from the archive in `VIGIL_DATA` or `../shared/data`.
  static let schemas: URL? = {
    let environment = ProcessInfo.processInfo.environment
    let files = FileManager.default
    if let root = environment["VIGIL_DATA_UNPACKED"] {
      let folder = URL(fileURLWithPath: "\(root)/fhir-r4-examples/hl7-r4-schema")
      if files.fileExists(atPath: folder.path) { return folder }
    }
    let archive = "\(environment["VIGIL_DATA"] ?? "\(Samples.root)/../shared/data")/fhir-r4-examples.tar.xz"
    let fresh = files.temporaryDirectory.appendingPathComponent("vigil-schema-\(UUID().uuidString)")
    try? files.createDirectory(at: fresh, withIntermediateDirectories: true)
    guard files.fileExists(atPath: archive), run("tar", ["-xf", archive, "-C", fresh.path, "hl7-r4-schema"]) == 0 else {
      print("skipped: fhir-r4-examples is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
      return nil
    }
    return fresh.appendingPathComponent("hl7-r4-schema")
  }()

  /// Answers for all charts and the body of every error, once as a value and once in both syntaxes.
  static func emitted() throws -> [(json: [UInt8], xml: [UInt8])] {
    let assessor = try Samples.assessor()
    var all: [(json: [UInt8], xml: [UInt8])] = []
    for name in Samples.charts {
      let bytes = try Samples.bytes("FixturesFHIR/\(name).json")
      let instant = Samples.instant(try Samples.chart(name), assessor)
      func answer(_ syntax: Syntax) throws -> [UInt8] {
        try assessor.answer(bundle: bytes, syntax: .json, in: syntax, at: instant).response
      }
      all.append((try answer(.json), try answer(.xml)))
    }
    for name in Samples.charts {
      // As a replay writes them.
      let chart = try Samples.chart(name)
      let assessment = assessor.predict(chart, at: Samples.instant(chart, assessor))
      let bundle: JSON = [
        "resourceType": "Bundle", "type": "collection",
        "entry": .array(
          (assessment.riskAssessments + assessment.riskAssessmentsWithProvenance).map { ["resource": $0] as JSON }),
      ]
      all.append((bundle.encoded(), try bundle.encodedXML()))
    }
    for code in CDSHooksError.Code.allCases {
      let error = CDSHooksError(code, path: "$.prefetch.patient", offset: 3, detail: "FHR030")
      all.append((error.operationOutcome.encoded(), try error.operationOutcome.encodedXML()))
    }
    let request = #"{"hook":"patient-view","hookInstance":"x","context":{"patientId":"Patient/1"},"more":null}"#
    do throws(CDSHooksError) {
      _ = try HookRequest(Array(request.utf8), reading: .strict)
    } catch {
      #expect(error.deviations.count == 3)
      all.append((error.operationOutcome.encoded(), try error.operationOutcome.encodedXML()))
    }
    return all
  }

  @Test func bothSyntaxesSayTheSame() throws {
    for pair in try Self.emitted() {
      #expect(try Document(pair.json, syntax: .json).root == Document(pair.xml, syntax: .xml).root)
      #expect(try Document(pair.xml, syntax: .xml).issues.isEmpty)
    }
  }

  @Test func jsonIsValidByTheSchema() throws {
    guard let schemas = Self.schemas else { return }
    let texts = try Self.emitted().map { String(decoding: $0.json, as: UTF8.self) }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString).json")
    try Data("[\(texts.joined(separator: ","))]".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let script = """
      import json, sys
      try:
        import jsonschema
      except ImportError:
        sys.exit(77)
      schema = json.load(open(sys.argv[1]))
      errors = []
      def check(resource):
        # By the resource's own definition: the schema's choice of all 148 types only says that none fits.
        for entry in resource.get("entry", []):
          check(entry.pop("resource"))
        top = {"$schema": schema["$schema"], "definitions": schema["definitions"],
               "$ref": "#/definitions/" + resource["resourceType"]}
        errors.extend(e.message[:200] for e in jsonschema.Draft6Validator(top).iter_errors(resource))
      for resource in json.load(open(sys.argv[2])):
        check(resource)
      print(errors)
      sys.exit(1 if errors else 0)
      """
    let schema = schemas.appendingPathComponent("fhir.schema.json").path
    guard let status = Self.python(["-c", script, schema, file.path]) else {
      return print("skipped: Python's jsonschema is not installed")
    }
    #expect(status == 0)
  }

  @Test func xmlIsValidByTheSchema() throws {
    guard let schemas = Self.schemas else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [String] = []
    for (number, pair) in try Self.emitted().enumerated() {
      let file = folder.appendingPathComponent("\(number).xml")
      try Data(pair.xml).write(to: file)
      files.append(file.path)
    }
    let schema = schemas.appendingPathComponent("fhir-single.xsd").path
    let script = "\(Samples.root)/Tests/Schemas/validate-xml.py"
    guard let status = Self.python([script, schema] + files) else {
      return print("skipped: Python's lxml is not installed")
    }
    #expect(status == 0)
  }

  /// Runs the first Python that has what the script needs (77: it has not); nil where none does.
  static func python(_ arguments: [String]) -> Int32? {
    // The system's own Python has what Debian's packages bring, whatever else is first on the path.
    for python in ["python3", "/usr/bin/python3"] {
      let status = run(python, arguments)
      if status != 77, status != 127 { return status }
    }
    return nil
  }

  /// Runs a command found on the path; its exit status, 127 when there is none.
  static func run(_ command: String, _ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    do { try process.start() } catch { return 127 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
