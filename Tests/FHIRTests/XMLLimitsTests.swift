// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

/// Each bound at one less, at it, and one more; and the same bound for JSON and XML.
@Suite struct XMLLimitsTests {
  static let fhir = XMLReaderTests.fhir

  static func limits(_ set: (inout Limits) -> Void) -> Limits {
    var limits = Limits()
    set(&limits)
    return limits
  }

  /// A document with `count` of something, in XML; the limit set to `bound`; the code beyond it.
  struct Bound: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: FHIRError.Code
    let document: @Sendable (Int) -> String
    let limits: @Sendable (Int) -> Limits
  }

  static let bounds = [
    Bound(
      testDescription: "depth", code: .tooDeep,
      // The resource, then an array and an object for each level.
      document: { count in
        let levels = (count - 1) / 2
        return "<Patient \(fhir)>" + String(repeating: "<extension>", count: levels)
          + (count % 2 == 0 ? "<new/>" : "") + String(repeating: "</extension>", count: levels) + "</Patient>"
      },
      limits: { bound in limits { $0.depth = bound } }),
    Bound(
      testDescription: "string", code: .stringTooLong,
      document: {
        "<Patient \(fhir)><language value='\(String(repeating: "é", count: $0 / 2))\($0 % 2 == 1 ? "x" : "")'/></Patient>"
      },
      limits: { bound in limits { $0.stringBytes = bound } }),
    Bound(
      testDescription: "narrative", code: .stringTooLong,
      document: {
        let empty = "<div \(XMLReaderTests.xhtml)></div>"
        return
          "<Patient \(fhir)><text><div \(XMLReaderTests.xhtml)>\(String(repeating: "x", count: $0 - empty.utf8.count))</div></text></Patient>"
      },
      limits: { bound in limits { $0.stringBytes = bound } }),
    Bound(
      testDescription: "members", code: .tooManyMembers,
      document: { count in "<Patient \(fhir)>" + (1..<count).map { "<n\($0)/>" }.joined() + "</Patient>" },
      limits: { bound in limits { $0.members = bound } }),
    Bound(
      testDescription: "entries", code: .tooManyEntries,
      document: { "<Patient \(fhir)>\(String(repeating: "<name/>", count: $0))</Patient>" },
      limits: { bound in limits { $0.entries = bound } }),
    Bound(
      testDescription: "digits", code: .numberTooLong,
      document: {
        "<Patient \(fhir)><multipleBirthInteger value='\(String(repeating: "1", count: $0))'/></Patient>"
      },
      limits: { bound in limits { $0.digits = bound } }),
  ]

  @Test(arguments: bounds, [100, 101])
  func holds(bound: Bound, at count: Int) {
    #expect(XMLReaderTests.refusal(bound.document(count - 1), limits: bound.limits(count)) == nil)
    #expect(XMLReaderTests.refusal(bound.document(count), limits: bound.limits(count)) == nil)
    #expect(XMLReaderTests.refusal(bound.document(count + 1), limits: bound.limits(count))?.code == bound.code)
  }

  @Test(arguments: bounds)
  func isTheSameForJSON(bound: Bound) throws {
    let count = 101
    let xml = try XMLReaderTests.read(bound.document(count), limits: bound.limits(count))
    let json = JSON(xml.root).encoded()
    #expect(throws: Never.self) { try Document(json, syntax: .json, limits: bound.limits(count)) }
    let error = #expect(throws: FHIRError.self) { try Document(json, syntax: .json, limits: bound.limits(count - 1)) }
    #expect(error?.code == bound.code)
  }

  @Test func boundsBytes() {
    let xml = "<Patient \(Self.fhir)/>"
    let count = xml.utf8.count
    #expect(XMLReaderTests.refusal(xml, limits: Self.limits { $0.bytes = count }) == nil)
    #expect(XMLReaderTests.refusal(xml, limits: Self.limits { $0.bytes = count - 1 })?.code == .tooLarge)
  }

  /// A name is a member's name in JSON, of 65,535 bytes at most, with an underscore where there is something beside it.
  @Test func boundsNames() throws {
    func refusal(_ count: Int, _ attributes: String = "value='1'", limits: Limits = .standard) -> FHIRError? {
      XMLReaderTests.refusal(
        "<Patient \(Self.fhir)><\(String(repeating: "n", count: count)) \(attributes)/></Patient>", limits: limits)
    }
    for (count, attributes) in [(65_535, "value='1'"), (65_534, "value='1' id='a'")] {
      #expect(refusal(count - 1, attributes) == nil && refusal(count, attributes) == nil)
      #expect(refusal(count + 1, attributes)?.code == .nameTooLong)
    }
    let limits = Self.limits { $0.stringBytes = 100 }
    #expect(refusal(99, limits: limits) == nil && refusal(100, limits: limits) == nil)
    #expect(refusal(101, limits: limits) == FHIRError(.nameTooLong, offset: 37, path: "Patient"))
    // The type is a string.
    for count in 99...101 {
      let resource = "<\(String(repeating: "N", count: count)) \(Self.fhir)/>"
      #expect(XMLReaderTests.refusal(resource, limits: limits)?.code == (count > 100 ? .stringTooLong : nil))
    }
  }

  /// A narrative is given up as soon as it is too long, not at its end.
  @Test func boundsANarrativeAsItGrows() {
    let xml =
      "<Patient \(Self.fhir)><text><div \(XMLReaderTests.xhtml)>" + String(repeating: "<p>", count: 50) + "<unclosed"
    #expect(XMLReaderTests.refusal(xml, limits: Self.limits { $0.stringBytes = 100 })?.code == .stringTooLong)
    #expect(XMLReaderTests.refusal(xml)?.code == .notWellFormed)
  }

  @Test func boundsValues() throws {
    let xml = "<Bundle \(Self.fhir)>\(String(repeating: "<link><relation value='x'/></link>", count: 500))</Bundle>"
    let count = try XMLReaderTests.read(xml).nodeCount
    #expect(XMLReaderTests.refusal(xml, limits: Self.limits { $0.nodes = count }) == nil)
    #expect(XMLReaderTests.refusal(xml, limits: Self.limits { $0.nodes = count - 1 })?.code == .tooManyValues)
  }

  @Test func nestingBeyondTheParserIsRefusedToo() {
    let deep = String(repeating: "<a>", count: 100_000)
    #expect(
      XMLReaderTests.refusal("<Patient \(Self.fhir)>" + deep, limits: Self.limits { $0.depth = 1_000_000 }) != nil)
    let extensions = String(repeating: "<extension>", count: 100_000)
    #expect(XMLReaderTests.refusal("<Patient \(Self.fhir)>" + extensions)?.code == .tooDeep)
  }

  /// Time must not grow with the square of the members: this would take minutes.
  @Test func manyUnknownMembersAreReadInOnePass() throws {
    var limits = Limits.files
    limits.members = 200_000
    let xml = "<Patient \(Self.fhir)>" + (0..<100_000).map { "<n\($0)/>" }.joined() + "</Patient>"
    #expect(try XMLReaderTests.read(xml, limits: limits).root.count == 100_001)
  }
}
