// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// Well-formedness without a DTD, against the W3C's suite and the attacks of the defusedxml project.
@Suite struct XMLSyntaxTests {
  static func refusal(_ bytes: [UInt8], limits: Limits = .standard) -> FHIRError? {
    do throws(FHIRError) {
      try XMLSyntax.check(bytes, limits: limits)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    "<a/>", "<a:b xmlns:a='c' a:d='e'>text<!-- f --><![CDATA[<&]]>&amp;&#65;</a:b>", "\u{FEFF}<a/>",
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?><é/>", "<a xml:lang='en' xml:space='preserve'/>",
  ])
  func accepts(xml: String) {
    #expect(Self.refusal(Array(xml.utf8)) == nil)
  }

  @Test(arguments: [
    ("", FHIRError.Code.empty), ("<a>", .notWellFormed), ("<a></b>", .notWellFormed), ("<a/><b/>", .notWellFormed),
    ("<a b='1' b='2'/>", .notWellFormed), ("<a b=c/>", .notWellFormed), ("<a>&b;</a>", .undeclaredEntity),
    ("<a b='&c;'/>", .undeclaredEntity), ("<a>&#0;</a>", .notWellFormed), ("<a>&#xFFFE;</a>", .notWellFormed),
    ("<a>]]></a>", .notWellFormed), ("<a><!-- -- --></a>", .notWellFormed), ("<a:b/>", .badNamespace),
    ("<!DOCTYPE a><a/>", .documentType), ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", .documentType),
    ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", .documentType), ("<a><?xml version='1.0'?></a>", .notWellFormed),
    ("<?xml version='1.0' encoding='UTF-16'?><a/>", .otherEncoding), ("<a\u{1}/>", .notWellFormed),
    ("x", .notWellFormed),
  ])
  func refuses(xml: String, code: FHIRError.Code) {
    #expect(Self.refusal(Array(xml.utf8))?.code == code)
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xFF],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    let error = Self.refusal(Array("<a>".utf8) + bytes + Array("</a>".utf8))
    #expect(error?.code == .invalidUTF8)
    #expect(error?.offset == 3)
  }

  @Test func refusesUTF16() {
    #expect(Self.refusal([0xFF, 0xFE, 0x3C, 0, 0x61, 0, 0x2F, 0, 0x3E, 0])?.code == .invalidUTF8)
  }

  /// A DOCTYPE is refused where its name ends: the internal subset that follows is never read.
  @Test func refusesTheDocumentTypeAtOnce() {
    let head = "<!DOCTYPE a ["
    let bomb = head + String(repeating: "<!ENTITY b 'cccccccccccccccccccc'>", count: 200_000) + "]><a/>"
    let error = Self.refusal(Array(bomb.utf8))
    #expect(error?.code == .documentType)
    #expect((error?.offset ?? .max) <= head.utf8.count)
  }

  @Test func holdsItsLimits() {
    var limits = Limits()
    limits.depth = 3
    #expect(Self.refusal(Array("<a><b><c/></b></a>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<a><b><c><d/></c></b></a>".utf8), limits: limits)?.code == .tooDeep)
    limits.stringBytes = 4
    #expect(Self.refusal(Array("<a>1234<b c='1234'/>1234</a>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<a>12345</a>".utf8), limits: limits)?.code == .stringTooLong)
    #expect(Self.refusal(Array("<a>123&amp;5</a>".utf8), limits: limits)?.code == .stringTooLong)
    #expect(Self.refusal(Array("<a b='12345'/>".utf8), limits: limits)?.code == .stringTooLong)
    limits.members = 2
    #expect(Self.refusal(Array("<a b='' c=''/>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<a b='' c='' d=''/>".utf8), limits: limits)?.code == .tooManyMembers)
    limits.nodes = 2
    #expect(Self.refusal(Array("<a><b/></a>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<a><b/><c/></a>".utf8), limits: limits)?.code == .tooManyValues)
    limits.bytes = 4
    #expect(Self.refusal(Array("<a/>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<aa/>".utf8), limits: limits)?.code == .tooLarge)
  }

  @Test func decidesTheW3CSuite() throws {
    guard let data = SharedData.folder("bad-input") else { return }
    let suite = data.appendingPathComponent("xml-conformance-w3c")
    let index = try String(contentsOf: suite.appendingPathComponent("INDEX.tsv"), encoding: .utf8)
    var documentTypes = 0
    var malformed = 0
    var wellFormed = 0
    for line in index.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let (type, path, hasDocumentType, isRefusedByXmllint) = (fields[0], fields[5], fields[6] == "1", fields[7] == "1")
      let bytes = try SharedData.bytes(suite.appendingPathComponent("test/xmlconf/\(path)"))
      let error = Self.refusal(bytes)
      if hasDocumentType {
        documentTypes += 1
        #expect(error != nil, "\(path)")
      } else if type == "not-wf" && isRefusedByXmllint {
        malformed += 1
        #expect(error != nil, "\(path)")
      } else if type == "valid" || type == "invalid", String(validating: bytes, as: UTF8.self) != nil {
        wellFormed += 1
        #expect(error == nil, "\(path): \(error.map { "\($0)" } ?? "")")
      }
    }
    #expect(documentTypes == 2012)
    #expect(malformed == 139)
    #expect(wellFormed == 28)
  }

  @Test func refusesTheAttacksOfDefusedXML() throws {
    guard let data = SharedData.folder("bad-input") else { return }
    let folder = data.appendingPathComponent("defusedxml/xmltestdata")
    let files = try SharedData.files(in: folder, extension: "xml")
    #expect(files.count == 9)
    for file in files {
      let name = file.lastPathComponent
      let bytes = try SharedData.bytes(file)
      // simple.xml and simple-ns.xml are the folder's harmless controls: XML, and no FHIR.
      if name.hasPrefix("simple") {
        #expect(Self.refusal(bytes) == nil)
      } else {
        #expect(Self.refusal(bytes)?.code == .documentType, "\(name)")
      }
      #expect(throws: FHIRError.self, "\(name)") { try Document(bytes, syntax: .xml) }
    }
  }
}
