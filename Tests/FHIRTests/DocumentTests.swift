// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

@Suite struct DocumentTests {
  let text = #"""
    {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"coding": [
      {"system": "http://loinc.org", "code": "8867-4"}, {"code": "a\u00e9\ud83d\ude00\n"}]},
      "valueQuantity": {"value": 72.50, "unit": "/min"}, "flag": true, "none": null, "empty": {}, "list": []}
    """#

  @Test func readsEveryKindOfValue() throws {
    let root = try Document(Array(text.utf8), syntax: .json).root
    #expect(root.kind == .object && root.count == 9 && root.name == nil)
    #expect(root.resourceType == "Observation" && root.isResource("Observation") && !root.isResource("Observatio"))
    #expect(root["status"]?.string == "final" && root["status"]?.equals("final") == true)
    #expect(root["valueQuantity"]?["value"]?.double == 72.5)
    #expect(root["valueQuantity"]?["value"]?.text == "72.50")
    #expect(root["flag"]?.boolean == true && root["none"]?.kind == .null)
    #expect(root["empty"]?.children.isEmpty == true && root["list"]?.children.isEmpty == true)
    let codings = root["code"].map { Array($0.elements("coding")) } ?? []
    #expect(codings.map { $0["code"]?.string } == ["8867-4", "aé😀\n"])
    #expect(codings.last?["code"]?.path == "Observation.code.coding[1].code")
    #expect(root["absent"] == nil && root["status"]?["x"] == nil && root.member("id")?.string == "o1")
    #expect(root.children.map { $0.name ?? "" }.prefix(3) == ["resourceType", "id", "status"])
  }

  @Test func offsetsAreThoseOfTheSource() throws {
    let bytes = Array(text.utf8)
    let root = try Document(bytes, syntax: .json).root
    let value = try #require(root["valueQuantity"]?["value"])
    #expect(String(decoding: bytes[value.offset..<value.offset + 5], as: UTF8.self) == "72.50")
    #expect(root["status"].map { bytes[$0.offset] } == UInt8(ascii: "\""))
  }

  /// Whatever stands in it and behind it.
  @Test(arguments: [
    ("a", "[1, true,\"x\\\"]}\",[]]"), ("b", "{ \"c\":[{}],\"d\" : null }"), ("e", "-1.5e3"),
    ("f", "\"\\\\\""), ("g", "false"),
  ])
  func aValueEndsWithItsText(_ name: String, _ expected: String) throws {
    let text = #" {"a":[1, true,"x\"]}",[]] ,"b":{ "c":[{}],"d" : null },"e":-1.5e3,"f":"\\","g":false} "#
    let bytes = Array(text.utf8)
    let value = try #require(try Document(bytes, syntax: .json).root.member(name))
    #expect(String(decoding: bytes[value.offset..<value.end], as: UTF8.self) == expected)
  }

  /// Value and precision make a decimal (R4 datatypes.html#decimal); its spelling does not.
  @Test(arguments: [
    ("1.0", "1.0e0", true), ("1.0", "10E-1", true), ("1E-22", "0.0000000000000000000001", true), ("1e+2", "1E2", true),
    ("-1.50e245", "-15.0E+244", true), ("0.00", "0e-2", true), ("1.0", "1.00", false), ("10", "1e1", false),
    ("0", "-0", false), ("1", "-1", false), ("0", "0.0", false),
    ("1e1000000000000000000000", "1e1000000000000000000001", false),
    ("1e1000000000000000000000", "1e1000000000000000000000", true), ("12", "1", false),
  ])
  func comparesNumbersInValueAndPrecision(left: String, right: String, areSame: Bool) throws {
    let (left, right) = try (Document(Array(left.utf8), syntax: .json), Document(Array(right.utf8), syntax: .json))
    #expect((left.root == right.root) == areSame)
    #expect((right.root == left.root) == areSame)
  }
}
