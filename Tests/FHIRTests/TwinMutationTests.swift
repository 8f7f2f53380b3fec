// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import TestSupport
import Testing

/// Random changes to documents: both syntaxes refuse the result or both read the same, and nothing crashes.
@Suite struct TwinMutationTests {
  static let seeds: [String] = [
    #"""
    {"resourceType":"Bundle","type":"collection","total":2,"entry":[{"fullUrl":"urn:uuid:1","resource":{
    "resourceType":"Patient","id":"p","text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"},
    "contained":[{"resourceType":"Organization","id":"o","active":true}],"active":true,"_active":{"id":"x"},
    "name":[{"family":"a","given":["b",null,"c"],"_given":[null,{"extension":[{"url":"u","valueDecimal":1.0}]},null]}],
    "birthDate":"1970-01-01","multipleBirthInteger":2}},{"resource":{"resourceType":"Observation","status":"final",
    "code":{"coding":[{"system":"http://loinc.org","code":"1"},{"code":"2"}]},"effectiveDateTime":"2020-01-01T00:00:00Z",
    "valueQuantity":{"value":1.50,"unit":"mg"},"component":[{"code":{"text":"x"},"valueBoolean":false}]}}]}
    """#,
    #"{"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","resource":{"resourceType":"Device"}}]}]}"#,
  ]

  static let texts = [
    "", " ", "a\nb", "\t", "\r", "&amp;", "<a>", "]]>", "\"'", "\u{0}", "\u{FFFE}", "\u{1F600}", "é", "true", "1.0",
    "-0",
  ]
  static let names = [
    "id", "extension", "url", "value", "resourceType", "_given", "given", "div", "new", "name", "_", "a b", "",
  ]

  static func mutated(_ value: JSON, _ random: inout SplitMix64) -> JSON {
    switch value {
    case .object(var members) where !members.isEmpty && Int.random(in: 0..<8, using: &random) > 0:
      let place = Int.random(in: members.indices, using: &random)
      members[place].value = mutated(members[place].value, &random)
      return .object(members)
    case .object(var members):
      let name = names.randomElement(using: &random) ?? ""
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where !members.isEmpty: members.remove(at: Int.random(in: members.indices, using: &random))
      case 1 where !members.isEmpty && !members.contains { $0.name == name }:
        members[Int.random(in: members.indices, using: &random)].name = name
      case 2: members.shuffle(using: &random)
      default: if !members.contains(where: { $0.name == name }) { members.append(.init(name, leaf(&random))) }
      }
      return .object(members)
    case .array(var values) where !values.isEmpty && Int.random(in: 0..<4, using: &random) > 0:
      let place = Int.random(in: values.indices, using: &random)
      values[place] = mutated(values[place], &random)
      return .array(values)
    case .array(var values):
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where !values.isEmpty: values.remove(at: Int.random(in: values.indices, using: &random))
      case 1: values.append(.null)
      case 2: if let value = values.randomElement(using: &random) { values.append(value) }
      default: values.append(leaf(&random))
      }
      return .array(values)
    default: return leaf(&random)
    }
  }

  static func leaf(_ random: inout SplitMix64) -> JSON {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .number(literal: ["0", "-1", "1.00", "1e5", "12345678901234567890.5"].randomElement(using: &random) ?? "0")
    case 1: .boolean(.random(using: &random))
    case 2: .array([])
    case 3: .object([])
    case 4: .null
    default: .string(texts.randomElement(using: &random) ?? "")
    }
  }

  @Test(arguments: seeds.indices)
  func changesOfMeaningAreEqualOrRefused(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) + 1)
    let origin = JSON(try Document(Array(Self.seeds[seed].utf8), syntax: .json).root)
    var accepted = 0
    for round in 0..<3_000 {
      var value = origin
      for _ in 0..<Int.random(in: 1...3, using: &random) { value = Self.mutated(value, &random) }
      let json = try Document(value.encoded(), syntax: .json)
      guard let xml = try? json.converted(to: .xml) else { continue }
      accepted += 1
      let twin = try Document(xml, syntax: .xml)
      #expect(twin.root == json.root, "round \(round)")
      #expect(
        try XMLSyntaxTests.refusal(xml) == nil && Document(twin.converted(to: .json), syntax: .json).root == json.root)
    }
    #expect(accepted > 200 && accepted < 3_000)
  }

  @Test(arguments: seeds.indices)
  func changesOfBytesAreRefusedOrHaveATwin(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) + 100)
    let origin = try Document(Array(Self.seeds[seed].utf8), syntax: .json).converted(to: .xml)
    let pieces = [
      "<", ">", "/", "\"", "&", "<!--", "-->", "<![CDATA[", "]]>", "<?", "value=", " ", "\u{0}", "<a/>", "<!DOCTYPE a>",
    ]
    var accepted = 0
    for round in 0..<5_000 {
      var bytes = origin
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...24, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
        case 3: bytes.removeSubrange(place..<end)
        default: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: bytes.indices, using: &random))
        }
      }
      let document: Document
      do throws(FHIRError) {
        document = try Document(bytes, syntax: .xml)
      } catch {
        #expect((0...bytes.count).contains(error.offset ?? -1), "round \(round): \(error)")
        continue
      }
      accepted += 1
      #expect(XMLSyntaxTests.refusal(bytes) == nil, "round \(round)")
      let twin = try Document(JSON(document.root).encoded(), syntax: .json)
      #expect(twin.root == document.root && twin.nodeCount == document.nodeCount, "round \(round)")
    }
    #expect(accepted > 100)
  }
}
