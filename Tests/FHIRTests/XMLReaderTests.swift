// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

/// FHIR XML against the JSON that means the same (R4 xml.html, json.html).
@Suite struct XMLReaderTests {
  static let fhir = "xmlns=\"http://hl7.org/fhir\""
  static let xhtml = "xmlns=\"http://www.w3.org/1999/xhtml\""

  static func read(_ xml: String, limits: Limits = .standard) throws -> Document {
    try Document(Array(xml.utf8), syntax: .xml, limits: limits)
  }

  static func refusal(_ xml: String, limits: Limits = .standard) -> FHIRError? {
    do throws(FHIRError) {
      _ = try Document(Array(xml.utf8), syntax: .xml, limits: limits)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    // Values, ids and extensions of primitives
    (
      "<Patient \(fhir)><active value=\"true\"/><birthDate value=\"1970\" id=\"a\"/></Patient>",
      #"{"resourceType":"Patient","active":true,"birthDate":"1970","_birthDate":{"id":"a"}}"#
    ),
    (
      "<Patient \(fhir)><birthDate><extension url=\"u\"><valueInteger value=\"7\"/></extension></birthDate></Patient>",
      #"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u","valueInteger":7}]}}"#
    ),
    // Arrays of primitives are padded
    (
      "<Patient \(fhir)><name><given value=\"a\"/><given id=\"i\"/><given value=\"b\"/></name></Patient>",
      #"{"resourceType":"Patient","name":[{"given":["a",null,"b"],"_given":[null,{"id":"i"},null]}]}"#
    ),
    (
      "<Patient \(fhir)><name><given id=\"i\"/></name><gender value=\"male\"/></Patient>",
      #"{"resourceType":"Patient","name":[{"_given":[{"id":"i"}]}],"gender":"male"}"#
    ),
    (
      """
      <Patient \(fhir)><name><given value="a"><extension url="u"><valueCode value="c"/></extension></given>\
      <given value="b" id="j"><extension url="v"/></given></name><active value="false"/></Patient>
      """,
      #"""
      {"resourceType":"Patient","name":[{"given":["a","b"],"_given":[{"extension":[{"url":"u","valueCode":"c"}]},
      {"id":"j","extension":[{"url":"v"}]}]}],"active":false}
      """#
    ),
    // Resources inside resources
    (
      """
      <Observation \(fhir)><contained><Patient><id value="p"/></Patient></contained>\
      <contained><Device/></contained><valueQuantity><value value="1.50"/></valueQuantity></Observation>
      """,
      #"""
      {"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Device"}],
      "valueQuantity":{"value":1.50}}
      """#
    ),
    (
      """
      <Parameters \(fhir)><parameter><name value="a"/><resource><Patient/></resource><part><name value="b"/>\
      <valueBoolean value="true"/></part></parameter></Parameters>
      """,
      #"""
      {"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Patient"},
      "part":[{"name":"b","valueBoolean":true}]}]}
      """#
    ),
    // Spelling: prefixes, comments, instructions, references, byte order mark, declaration, quotes, white space
    (
      "\u{FEFF}<?xml version='1.0' encoding='utf-8'?><!-- a --><?b c?>\r\n<f:Patient xmlns:f='http://hl7.org/fhir'>"
        + "\n\t<!-- d --><f:language value='&#101;&quot;&lt;&amp;&#xA;\n&#x1F600;'/><?e?></f:Patient><!-- f -->\n",
      "{\"resourceType\":\"Patient\",\"language\":\"e\\\"<&\\n \u{1F600}\"}"
    ),
    (
      "<Patient \(fhir) xmlns:x=\"http://www.w3.org/2001/XMLSchema-instance\" x:schemaLocation=\"a b\"/>",
      #"{"resourceType":"Patient"}"#
    ),
    (
      "<Patient \(fhir)><name xml:id=\"a\"/><name id=\"b\"/></Patient>",
      #"{"resourceType":"Patient","name":[{"id":"a"},{"id":"b"}]}"#
    ),
    // The narrative
    (
      "<Patient \(fhir)><text><status value=\"empty\"/><div \(xhtml)>a &lt;<b id=\"x\"  class='y'></b></div></text></Patient>",
      #"""
      {"resourceType":"Patient","text":{"status":"empty",
      "div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a &lt;<b class=\"y\" id=\"x\"/></div>"}}
      """#
    ),
    (
      "<Patient \(fhir) xmlns:h=\"http://www.w3.org/1999/xhtml\"><text><h:div>a<![CDATA[<&]]><h:br/></h:div></text></Patient>",
      #"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a&lt;&amp;<br/></div>"}}"#
    ),
    // Beyond R4: unknown elements are single until they repeat, elements that R4 has once may repeat
    (
      "<Encounter \(fhir)><class><coding><code value=\"a\"/></coding></class><class><text value=\"b\"/></class></Encounter>",
      #"{"resourceType":"Encounter","class":[{"coding":{"code":"a"}},{"text":"b"}]}"#
    ),
    (
      "<MedicationUsage \(fhir)><id value=\"a\"/><adherence><code/></adherence><x value=\"1\"/><x value=\"2\"/></MedicationUsage>",
      #"{"resourceType":"MedicationUsage","id":"a","adherence":{"code":{}},"x":["1","2"]}"#
    ),
    (
      """
      <Patient \(fhir)><new id="a"><extension url="u"/></new><birthDate value="1"><extension url="u"/></birthDate>\
      <birthDate value="2"/></Patient>
      """,
      #"""
      {"resourceType":"Patient","new":{"id":"a","extension":[{"url":"u"}]},"birthDate":["1","2"],
      "_birthDate":[{"extension":[{"url":"u"}]},null]}
      """#
    ),
    (
      "<Patient \(fhir)><birthDate id=\"a\"/><birthDate value=\"2\"/><gender value=\"male\"/></Patient>",
      #"{"resourceType":"Patient","birthDate":[null,"2"],"_birthDate":[{"id":"a"},null],"gender":"male"}"#
    ),
    // Out of the schema's order
    (
      "<Patient \(fhir)><gender value=\"male\"/><active value=\"true\"/><id value=\"a\"/></Patient>",
      #"{"resourceType":"Patient","id":"a","active":true,"gender":"male"}"#
    ),
  ])
  func means(xml: String, json: String) throws {
    let left = try Self.read(xml)
    let right = try Document(Array(json.utf8), syntax: .json)
    #expect(left.root == right.root, "\(JSON(left.root).text())")
    #expect(right.root == left.root)
  }

  @Test(arguments: [
    ("", FHIRError.Code.empty, 0 as Int?, nil as String?),
    ("<Patient \(fhir)>", .notWellFormed, 37, "Patient"),
    ("<Patient/>", .badNamespace, 0, "$"),
    ("<f:Patient/>", .badNamespace, 10, "$"),
    ("<Patient \(fhir)>x</Patient>", .textBetweenElements, 37, "Patient"),
    ("<Patient \(fhir)><![CDATA[ ]]></Patient>", .cdataSection, 50, "Patient"),
    ("<Patient \(fhir)><active value='yes'/></Patient>", .badLiteral, 52, "Patient.active"),
    ("<Patient \(fhir)><multipleBirthInteger value='01'/></Patient>", .badNumber, 66, "Patient.multipleBirthInteger"),
    ("<Patient \(fhir)><active valu='true'/></Patient>", .unknownAttribute, 37, "Patient.active"),
    ("<Patient \(fhir) id='a'/>", .unknownAttribute, 0, "$"),
    ("<Patient \(fhir)><name url='a'/></Patient>", .unknownAttribute, 37, "Patient.name[0]"),
    ("<Patient \(fhir)><name value='a'/></Patient>", .unknownAttribute, 37, "Patient.name[0]"),
    ("<Patient \(fhir)><name id='a' xml:id='b'/></Patient>", .repeatedElement, 37, "Patient.name[0]"),
    ("<Patient \(fhir)><extension url='u' id='a' xml:id='b'/></Patient>", .repeatedElement, 37, "Patient.extension[0]"),
    ("<Patient \(fhir)><new id='a'/><new value='b' id='c'/></Patient>", .unknownAttribute, 50, "Patient.?[1]"),
    ("<Patient \(fhir)>\n &#120;</Patient>", .textBetweenElements, 39, "Patient"),
    ("<Patient \(fhir)>\n x</Patient>", .textBetweenElements, 39, "Patient"),
    ("<Patient \(fhir)><active/></Patient>", .emptyElement, 46, "Patient"),
    ("<Patient \(fhir)><contained/></Patient>", .emptyElement, 49, "Patient"),
    (
      "<Patient \(fhir)><active value='true'/><gender value='a'/><active value='true'/></Patient>",
      .repeatedElement, 78, "Patient"
    ),
    ("<Patient \(fhir)><x/><y/><x/></Patient>", .repeatedElement, 45, "Patient"),
    (
      "<Patient \(fhir)><contained><Patient/><Patient/></contained></Patient>",
      .unexpectedElement, 58, "Patient"
    ),
    (
      "<Patient \(fhir)><extension><url value='a'/></extension></Patient>", .unexpectedElement, 48,
      "Patient.extension[0]"
    ),
    (
      "<Patient \(fhir)><active value='true'><y:z xmlns:y='a'/></active></Patient>", .badNamespace, 58,
      "Patient._active"
    ),
    ("<Patient \(fhir)><resourceType value='Group'/></Patient>", .unexpectedElement, 37, "Patient"),
    ("<Patient \(fhir)><_active id='a'/></Patient>", .unexpectedElement, 37, "Patient"),
    ("<Patient \(fhir)><text><div/></text></Patient>", .badNamespace, 43, "Patient.text"),
    ("<Patient \(fhir)><text><div \(xhtml)><b xmlns=''/></div></text></Patient>", .badNamespace, 85, "Patient.text"),
    ("<Patient \(fhir)><language value='&nbsp;'/></Patient>", .undeclaredEntity, nil, "Patient"),
    ("<!DOCTYPE Patient []><Patient \(fhir)/>", .documentType, nil, "$"),
    ("<?xml version='1.0' encoding='ISO-8859-1'?><Patient \(fhir)/>", .otherEncoding, 30, nil),
  ])
  func refuses(xml: String, code: FHIRError.Code, offset: Int?, path: String?) {
    let error = Self.refusal(xml)
    #expect(error?.code == code)
    if let offset { #expect(error?.offset == offset) }
    if path != "$" { #expect(error?.path == path) }
  }

  @Test func keepsTheNarrativeAndNumbersAsWritten() throws {
    let div = "<div \(Self.xhtml)><!-- kept --> <p\n>x</p></div>"
    let document = try Self.read(
      "<Observation \(Self.fhir)><text>\(div)</text><valueQuantity><value value='1.50e0'/></valueQuantity></Observation>"
    )
    #expect(document.root["text"]?["div"]?.string == div)
    #expect(document.root["valueQuantity"]?["value"]?.text == "1.50e0")
    #expect(document.root["valueQuantity"]?["value"]?.double == 1.5)
  }

  /// A hundred remarks of one kind do not hide the first of another, on which a conversion depends.
  @Test func tellsOfUnknownElementsHoweverMuchElseThereIs() throws {
    let names = String(repeating: "<name><family value='a'/><text value='b'/></name>", count: 200)
    let document = try Self.read("<Patient \(Self.fhir)>\(names)<new value='1'/></Patient>")
    #expect(document.issues.count { $0.code == "element-order" } == 100)
    #expect(document.issues.contains { $0.code == "unknown-element" })
    #expect(throws: FHIRError.self) { try document.converted(to: .json) }
  }

  /// The depth of a narrative is that of its own text, which is a string in both syntaxes.
  @Test func readsANarrativeHoweverDeep() throws {
    let div =
      "<div \(Self.xhtml)>\(String(repeating: "<p>", count: 1_000))\(String(repeating: "</p>", count: 1_000))</div>"
    let document = try Self.read("<Patient \(Self.fhir)><text>\(div)</text></Patient>")
    let twin = try Document(JSON(document.root).encoded(), syntax: .json)
    #expect(document.root["text"]?["div"]?.string == div && document.root == twin.root)
    #expect(try Document(twin.converted(to: .xml), syntax: .xml).root == twin.root)
  }

  @Test func tellsWhatR4DoesNotKnow() throws {
    let document = try Self.read(
      "<Patient \(Self.fhir)><gender value='a'/><new value='b'/><active value='true'/><active value='true'/></Patient>")
    #expect(document.issues.map(\.code) == ["unknown-element", "element-order", "repeated-element"])
    #expect(document.issues.first?.path == "Patient.?")
    #expect(document.issues.allSatisfy { $0.severity == .information && $0.offset != nil })
  }

  @Test func offsetsPointIntoTheInput() throws {
    let xml = "<?xml version='1.0'?>\n<Patient \(Self.fhir)><name><family value='a'/></name></Patient>"
    let family = try #require(try Self.read(xml).root.elements("name").first?["family"])
    #expect(Array(xml.utf8)[family.offset] == UInt8(ascii: "a"))
    #expect(family.path == "Patient.name[0].family")
  }
}
