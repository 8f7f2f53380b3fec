// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Foundation
import Testing

/// What leaves the house is valid by a strict JSON Schema of the 3.0 ballot, and the resources in it by HL7's own. Runs where
/// the schemas and Python's jsonschema are at hand.
@Suite struct EmittedHookTests {
  /// The schema of CDS Hooks, or nil after a message; see `EmittedResourceTests.schemas`.
  static let schema: String? = {
    let environment = ProcessInfo.processInfo.environment
    let files = FileManager.default
    let name = "cds-hooks-examples/schema/cds-hooks-3.0-ballot.schema.json"
    if let root = environment["VIGIL_DATA_UNPACKED"], files.fileExists(atPath: "\(root)/cds-hooks-examples/\(name)") {
      return "\(root)/cds-hooks-examples/\(name)"
    }
    let archive = "\(environment["VIGIL_DATA"] ?? "\(Samples.root)/../shared/data")/cds-hooks-examples.tar.xz"
    let fresh = files.temporaryDirectory.appendingPathComponent("vigil-schema-\(UUID().uuidString)").path
    try? files.createDirectory(atPath: fresh, withIntermediateDirectories: true)
    guard files.fileExists(atPath: archive),
      EmittedResourceTests.run("tar", ["-xf", archive, "-C", fresh, name]) == 0
    else {
      print("skipped: cds-hooks-examples is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
      return nil
    }
    return "\(fresh)/\(name)"
  }()

  /// The discovery document, answers at every hook and endpoint, and feedback.
  static func emitted() throws -> JSON {
    let assessor = try HookAnswerTests.assessor()
    let instant = Samples.instant(try Samples.chart("septic-deterioration"), assessor)
    var responses: [JSON] = []
    for service in assessor.services.discovery.services {
      let call = try HookCall(
        try HookAnswerTests.request(service.hook), service: service.id, in: assessor.services, reading: .strict)
      responses.append(JSON(try Document(try assessor.answer(call, at: instant).response, syntax: .json).root))
    }
    for name in ["stable", "sparse", "outpatient", "child", "early", "wrong-units", "foreign-codes"] {
      let bytes = try Samples.bytes("FixturesFHIR/hooks/patient-view-\(name).json")
      let call = try HookCall(bytes, service: "patient-risk", in: assessor.services, reading: .strict)
      responses.append(JSON(try Document(try assessor.answer(call, at: instant).response, syntax: .json).root))
    }
    return ["discovery": [assessor.services.discovery.json], "response": .array(responses)]
  }

  @Test func everyMessageIsValidByTheSchema() throws {
    guard let schema = Self.schema else { return }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString).json")
    try Data(try Self.emitted().encoded()).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let script = """
      import json, sys
      try:
        import jsonschema
      except ImportError:
        sys.exit(77)
      schema = json.load(open(sys.argv[1]))
      resources = json.load(open(sys.argv[3])) if len(sys.argv) > 3 else None
      messages = json.load(open(sys.argv[2]))
      errors = []
      def check(schema, validator, name, message):
        top = dict(schema)
        top["$ref"] = name
        errors.extend(name + ": " + e.message[:300] for e in validator(top).iter_errors(message))
      for kind, all in messages.items():
        for message in all:
          check(schema, jsonschema.Draft202012Validator, "#/$defs/" + kind, message)
      orders = [a["resource"] for m in messages["response"] for c in m["cards"] for s in c.get("suggestions", [])
                for a in s["actions"]]
      if resources is not None:
        top = {"$schema": resources["$schema"], "definitions": resources["definitions"]}
        for order in orders:
          if "reason" not in order:  # R5
            check(top, jsonschema.Draft6Validator, "#/definitions/ServiceRequest", order)
      if not orders:
        errors.append("no order was suggested")
      print(errors)
      sys.exit(1 if errors else 0)
      """
    let resources = EmittedResourceTests.schemas.map { [$0.appendingPathComponent("fhir.schema.json").path] } ?? []
    guard let status = EmittedResourceTests.python(["-c", script, schema, file.path] + resources) else {
      return print("skipped: Python's jsonschema is not installed")
    }
    #expect(status == 0)
  }
}
