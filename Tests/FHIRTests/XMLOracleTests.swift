// SPDX-License-Identifier: Apache-2.0
import CBaseline
import FHIR
import Foundation
import TestSupport
import Testing

/// Our scanner against libxml2: the same verdict on every document without a DTD, and the same content.
@Suite struct XMLOracleTests {
  /// What libxml2 makes of a document.
  enum Verdict: Equatable {
    case accepted([UInt8]), refused, documentType
  }

  static func libxml2(_ bytes: [UInt8]) -> Verdict {
    var output: UnsafeMutablePointer<UInt8>?
    var count = 0
    // The output is a block of `count` bytes, ours to free.
    let verdict = unsafe baseline_xml_canonical(bytes, bytes.count, &output, &count)
    defer { unsafe free(output) }
    switch UInt32(verdict) {
    case BASELINE_XML_ACCEPTED.rawValue:
      return unsafe .accepted(Array(UnsafeBufferPointer(start: output, count: count)))
    case BASELINE_XML_DOCUMENT_TYPE.rawValue: return .documentType
    default: return .refused
    }
  }

  /// Where the two part and must not: nil when they agree, or where ours refuses what it has to and libxml2 does not:
  /// another encoding, text that is not UTF-8, NUL, which libxml2 takes for the end of the text, and in the XML declaration
  /// the version `1.` and no white space before `standalone`.
  static func difference(_ bytes: [UInt8]) -> String? {
    let fault = XMLSyntaxTests.refusal(bytes)
    let canonical = unsafe bytes.withUnsafeBufferPointer { unsafe CanonicalXML.canonical($0) }
    if (fault == nil) != (canonical != nil) { return "two passes of ours: \(fault.map { "\($0)" } ?? "accepted")" }
    if let offset = fault?.offset, !(0...bytes.count).contains(offset) { return "the fault is at \(offset)" }
    switch fault?.code {
    case .otherEncoding, .invalidUTF8, .empty: return nil
    default: break
    }
    switch (libxml2(bytes), canonical) {
    case (.accepted(let theirs), let ours?): return theirs == ours ? nil : "the content differs"
    case (.refused, nil), (.documentType, nil): return nil
    case (.accepted, nil) where bytes.contains(0) || isInDeclaration(fault?.offset, bytes): return nil
    case (.refused, _), (.documentType, _): return "accepted, where libxml2 refuses"
    case (.accepted, _): return "\(fault.map { "\($0)" } ?? ""), where libxml2 accepts"
    }
  }

  static func isInDeclaration(_ offset: Int?, _ bytes: [UInt8]) -> Bool {
    let head = bytes.drop { $0 != UInt8(ascii: "<") }
    guard let offset, head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) else {
      return false
    }
    return offset < end
  }

  @Test(arguments: XMLSyntaxTests.wellFormed + XMLSyntaxTests.malformed.map(\.xml))
  func agreesOnWhatOurTestsDecide(xml: String) {
    #expect(Self.difference(Array(xml.utf8)) == nil, "\(xml)")
  }

  @Test func agreesOnTheW3CSuite() throws {
    guard let data = SharedData.folder("bad-input") else { return }
    let suite = data.appendingPathComponent("xml-conformance-w3c")
    let index = try String(contentsOf: suite.appendingPathComponent("INDEX.tsv"), encoding: .utf8)
    for line in index.split(separator: "\n").dropFirst() {
      let path = line.split(separator: "\t", omittingEmptySubsequences: false)[5]
      let bytes = try SharedData.bytes(suite.appendingPathComponent("test/xmlconf/\(path)"))
      let difference = Self.difference(bytes)
      #expect(difference == nil, "\(path): \(difference ?? "")")
    }
  }

  @Test func agreesOnTheOfficialExamples() throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    let folder = data.appendingPathComponent("hl7-r4-examples/xml")
    for file in try SharedData.files(in: folder, extension: "xml").enumerated().filter({ $0.offset % 4 == 0 }).map(
      \.element)
    {
      let difference = Self.difference(try SharedData.bytes(file))
      #expect(difference == nil, "\(file.lastPathComponent): \(difference ?? "")")
    }
  }

  static let pieces = [
    "<", ">", "/", "/>", "</", "\"", "'", "=", "&", ";", "&#", "&#x", "&amp;", "&#60;", "&#13;", "&lt", "<!--", "-->",
    "--",
    "<![CDATA[", "]]>", "]]", "<?", "?>", "<?xml ", "<?a ", "xmlns", "xmlns=", "xmlns:a=\"b\" ", ":", "a:", "xml:",
    "x:y='z' ",
    " ", "\r\n", "\r", "\t", "\u{1}", "\u{FFFE}", "\u{FFFF}", "\u{D7}", "\u{B7}", "\u{300}", "é", "\u{1F600}",
    "\u{FEFF}",
    "<a/>", "<b>", "</b>", "version=\"1.0\"", "encoding='UTF-8'", "standalone='no'", "http://hl7.org/fhir",
    "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/",
  ]

  @Test(arguments: 0..<8)
  func agreesOnMutations(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) + 1)
    let origins = XMLSyntaxTests.wellFormed.map { Array($0.utf8) }
    var accepted = 0
    for round in 0..<4_000 {
      var bytes = origins.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...2, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0..<128, using: &random)
        case 1: bytes.remove(at: place)
        case 2, 3: bytes.insert(contentsOf: Array((Self.pieces.randomElement(using: &random) ?? "").utf8), at: place)
        case 4: bytes.removeSubrange(place..<end)
        default: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: bytes.indices, using: &random))
        }
      }
      let difference = Self.difference(bytes)
      #expect(difference == nil, "round \(round): \(String(decoding: bytes, as: UTF8.self)): \(difference ?? "")")
      if XMLSyntaxTests.refusal(bytes) == nil { accepted += 1 }
    }
    #expect(accepted > 200 && accepted < 3_600)
  }

  /// Every character, as the first and as another of a name, in text and as a reference: the grammar's tables.
  @Test func agreesOnEveryCharacter() {
    func accepts(_ xml: String) -> Bool { XMLSyntaxTests.refusal(Array(xml.utf8)) == nil }
    var starts = 0
    var insides = 0
    for scalar in (UInt32(0x21)...0x10FFFF).compactMap(UnicodeScalar.init) where scalar.value != 0x3A {
      // Every one up to U+3100, then the borders of blocks and of the grammar's ranges.
      let low = scalar.value & 0xFF
      guard scalar.value < 0x3100 || low < 2 || low > 0xFD || (0xF8FE...0xFFFF).contains(scalar.value) else { continue }
      let (first, other) = ("<\(scalar)/>", "<a\(scalar)/>")
      let isStart = accepts(first)
      let isInside = accepts(other)
      starts += isStart ? 1 : 0
      insides += isInside ? 1 : 0
      #expect(isStart == (Self.libxml2(Array(first.utf8)) != .refused), "\(scalar.value)")
      #expect(isInside == (Self.libxml2(Array(other.utf8)) != .refused), "\(scalar.value)")
      let reference = "<a>&#\(scalar.value);&#x\(String(scalar.value, radix: 16));</a>"
      #expect(Self.difference(Array(reference.utf8)) == nil, "\(scalar.value)")
    }
    #expect(starts > 10_000 && insides > starts)
  }
}
