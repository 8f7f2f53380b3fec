// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// JSON to XML and back, lossless or refused.
@Suite struct ConversionTests {
  static func document(_ json: String) throws -> Document { try Document(Array(json.utf8), syntax: .json) }

  static func refusal(_ json: String) throws -> FHIRError? {
    let document = try document(json)
    do throws(FHIRError) {
      _ = try document.converted(to: .xml)
      return nil
    } catch { return error }
  }

  @Test func writesElementsInTheOrderOfTheSchema() throws {
    let json = #"""
      {"contained":[{"id":"p","resourceType":"Patient"}],"valueQuantity":{"unit":"<&\"'\n\t","value":1.50,"id":"q"},
      "_status":{"extension":[{"valueBoolean":true,"url":"u"}]},"status":"final","resourceType":"Observation",
      "note":[{"text":"a"},{"text":"b"}],"text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x<!-- y --></div>"}}
      """#
    let xml = try Self.document(json).converted(to: .xml)
    #expect(
      String(decoding: xml, as: UTF8.self) == """
        <?xml version="1.0" encoding="UTF-8"?>
        <Observation xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">x<!-- y --></div></text>\
        <contained><Patient><id value="p"/></Patient></contained><status value="final"><extension url="u">\
        <valueBoolean value="true"/></extension></status><valueQuantity id="q"><value value="1.50"/>\
        <unit value="&lt;&amp;&quot;'&#10;&#9;"/></valueQuantity><note><text value="a"/></note><note><text value="b"/></note>\
        </Observation>

        """)
  }

  @Test(arguments: [
    (#"{"resourceType":"Patient","language":"a\u0000"}"#, FHIRError.Code.forbiddenCharacter, "Patient.language"),
    (#"{"resourceType":"Patient","language":"\uFFFE"}"#, .forbiddenCharacter, "Patient.language"),
    (#"{"resourceType":"Patient","new":"a"}"#, .unknownElement, "Patient.?"),
    (#"{"resourceType":"New"}"#, .unknownElement, "$"),
    (#"{"a":1}"#, .notAResource, "$"),
    (#"[]"#, .notAResource, "$"),
    (#"{"resourceType":"Patient","active":"true"}"#, .wrongShape, "Patient.active"),
    (#"{"resourceType":"Patient","active":null}"#, .wrongShape, "Patient.active"),
    (#"{"resourceType":"Patient","active":[true]}"#, .wrongShape, "Patient.active"),
    (#"{"resourceType":"Patient","gender":1}"#, .wrongShape, "Patient.gender"),
    (#"{"resourceType":"Patient","name":{"text":"a"}}"#, .wrongShape, "Patient.name"),
    (#"{"resourceType":"Patient","name":[null]}"#, .emptyValue, "Patient"),
    (#"{"resourceType":"Patient","name":["a"]}"#, .wrongShape, "Patient.name[0]"),
    (#"{"resourceType":"Patient","name":[]}"#, .emptyValue, "Patient.name"),
    (#"{"resourceType":"Patient","_active":{}}"#, .emptyValue, "Patient._active"),
    (
      #"{"resourceType":"Patient","name":[{"given":["a"],"_given":[{"id":"b"},{"id":"c"}]}]}"#, .wrongShape,
      "Patient.name[0]"
    ),
    (#"{"resourceType":"Patient","name":[{"given":["a",null]}]}"#, .emptyValue, "Patient.name[0]"),
    (#"{"resourceType":"Patient","contained":[{"id":"a"}]}"#, .notAResource, "Patient.contained[0]"),
    (#"{"resourceType":"Patient","extension":[{"url":"a","_url":{"id":"b"}}]}"#, .wrongShape, "Patient.extension[0]"),
    (#"{"resourceType":"Patient","text":{"div":"x"}}"#, .badNarrative, "Patient.text.div"),
    (#"{"resourceType":"Patient","text":{"div":"<div>x</div>"}}"#, .badNarrative, "Patient.text.div"),
    (
      #"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"/><a/>"}}"#,
      .badNarrative, "Patient.text.div"
    ),
    (
      #"{"resourceType":"Patient","text":{"div":"<!DOCTYPE div><div xmlns=\"http://www.w3.org/1999/xhtml\"/>"}}"#,
      .badNarrative, "Patient.text.div"
    ),
  ])
  func refusesWhatXMLCannotGiveBack(json: String, code: FHIRError.Code, path: String) throws {
    let error = try Self.refusal(json)
    #expect(error?.code == code)
    #expect(error?.path == path)
  }

  @Test func refusesToGuessWhatR4DoesNotKnow() throws {
    let document = try XMLReaderTests.read("<Patient \(XMLReaderTests.fhir)><new value='1'/></Patient>")
    let error = #expect(throws: FHIRError.self) { try document.converted(to: .json) }
    #expect(error?.code == .unknownElement)
    #expect(error?.path == "Patient.?")
  }

  @Test func encodesWhatIsEmitted() throws {
    let outcome: JSON = ["resourceType": "OperationOutcome", "issue": [["severity": "error", "code": "invalid"]]]
    let document = try Document(try outcome.encodedXML(), syntax: .xml)
    #expect(JSON(document.root) == outcome)
  }

  @Test func officialExamplesGoToXMLAndBack() throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    let files = try SharedData.files(in: data.appendingPathComponent("hl7-r4-examples/json"), extension: "json")
    #expect(files.count == 1089)
    for file in files {
      let source = try Document(SharedData.bytes(file), syntax: .json, limits: .files)
      let xml = try Document(source.converted(to: .xml), syntax: .xml, limits: .files)
      let json = try Document(xml.converted(to: .json), syntax: .json, limits: .files)
      #expect(json.root == source.root, "\(file.lastPathComponent)")
    }
  }

  /// Some official examples are invalid by the official schema; ours must fail and pass with them.
  @Test func whatIsWrittenIsValidWhereTheOfficialTwinIs() throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    let schema = data.appendingPathComponent("hl7-r4-schema/fhir-single.xsd")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-xml-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try SharedData.files(in: data.appendingPathComponent("hl7-r4-examples/xml"), extension: "xml")
    let some = files.enumerated().filter { $0.offset % 60 == 0 }.map(\.element.path)
    let list = folder.appendingPathComponent("valid.txt")
    guard SharedData.validates(some, by: schema, listing: list) != nil else { return }
    var written: [String] = []
    for path in String(decoding: try SharedData.bytes(list), as: UTF8.self).split(separator: "\n").map(String.init) {
      let twin = path.replacing("/xml/", with: "/json/").replacing(".xml", with: ".json")
      let file = folder.appendingPathComponent(URL(fileURLWithPath: path).lastPathComponent)
      let json = try Document(SharedData.bytes(URL(fileURLWithPath: twin)), syntax: .json, limits: .files)
      try Data(json.converted(to: .xml)).write(to: file)
      written.append(file.path)
    }
    #expect(written.count > 8)
    #expect(SharedData.validates(written, by: schema) == true)
  }
}
