// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// The files of HL7's FHIR test cases that come in both syntaxes. Many are made to be wrong, and a name in common does not
/// always mean the same content: what differs is listed here with the reason.
@Suite struct TestCaseTwinTests {
  /// Twins of which one or both are refused, with the codes (docs/errors.md); all are wrong in the way the code says.
  static let refused = [
    "r5/bundle-resource-element-test": "XML FHR050",  // R5's Bundle.issues: a resource where R4 has no element
    "r5/unicode-problem": "XML FHR040",  // a character reference that XML 1.0 forbids
    "validator/Observation-ex-pain": "XML FHR047",  // an attribute `something`
    "validator/group-choice-bad3": "XML FHR024",  // a boolean `1`
    "validator/group-choice-empty": "JSON FHR023",  // no comma
    "validator/list-bad-syntax": "JSON FHR023, XML FHR040",
    "validator/list-xhtml-wrongns1": "XML FHR044",
    "validator/list-xhtml-wrongns2": "XML FHR044",
    "validator/med-dispense": "JSON FHR029",  // one brace too many
    "validator/obs-unit-profile": "XML FHR040",  // JSON in a file named .xml
    "validator/unicode-problem": "XML FHR040",
    "validator/xml-bad-entities": "JSON FHR020, XML FHR042",
  ]
  /// Twins that are read and differ, and how.
  static let differing = [
    "r4/examples/observation-example": "only the XML has extensions",
    "r4b/snapshot-generation/eob-nested": "two StructureDefinitions",
    "r5/obs-resource-element-test": "the XML has a Coding.value",
    "r5/snapshot-generation/eob-nested": "two StructureDefinitions",
    "r5/testcases": "no resources",
    "validator/bundle-signed-good": "only the JSON's narrative has an anchor",
    "validator/group-choice-bad1":
      "JSON has a boolean in `value`, which is no element of R4, so XML cannot say its type",
    "validator/group-choice-bad2": "valueInteger is no element of R4's Group, so XML cannot say that it is a number",
    "validator/ips-link": "two timestamps",
    "validator/list-contained-bad": "two ids",
    "validator/list-empty2": "JSON has an empty array, XML an empty entry",
    "validator/list-minimal": "fhir_comments, a member of DSTU2",
    "validator/list-xhtml-attribute": "fhir_comments",
    "validator/list-xhtml-correct1": "fhir_comments",
    "validator/list-xhtml-correct2": "fhir_comments",
    "validator/list-xhtml-element": "fhir_comments",
    "validator/primitive-good-ws": "a tab in an XML attribute is a space (XML 1.0, 3.3.3)",
  ]

  @Test func testCasesAreOneDocumentInBothSyntaxes() throws {
    guard let data = SharedData.folder("fhir-test-cases") else { return }
    let walk = FileManager.default.enumerator(atPath: data.path)
    let names = Set((walk?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".json") || $0.hasSuffix(".xml") })
    var equal = 0
    var refused: [String: String] = [:]
    var differing: Set<String> = []
    for name in names.sorted() where name.hasSuffix(".json") && names.contains(name.dropLast(5) + ".xml") {
      let stem = String(name.dropLast(5).drop { $0 != "/" }.dropFirst())
      func root(_ suffix: String, _ syntax: Syntax) throws -> Result<Node, FHIRError> {
        let bytes = try SharedData.bytes(data.appendingPathComponent(name.dropLast(5) + suffix))
        return Result { () throws(FHIRError) in try Document(bytes, syntax: syntax, limits: .files).root }
      }
      switch (try root(".json", .json), try root(".xml", .xml)) {
      case (.success(let json), .success(let xml)):
        if json == xml || TwinTests.differsOnlyAsExplained(xml, json) { equal += 1 } else { differing.insert(stem) }
      case (.failure(let error), .success): refused[stem] = "JSON \(error.code.rawValue)"
      case (.success, .failure(let error)): refused[stem] = "XML \(error.code.rawValue)"
      case (.failure(let json), .failure(let xml)):
        refused[stem] = "JSON \(json.code.rawValue), XML \(xml.code.rawValue)"
      }
    }
    #expect(equal == 25)
    #expect(refused == Self.refused)
    #expect(differing == Set(Self.differing.keys))
  }
}
