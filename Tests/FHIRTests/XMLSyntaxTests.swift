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

  static let wellFormed = [
    "<a/>", "<a:b xmlns:a='c' a:d='e'>text<!-- f --><![CDATA[<&]]>&amp;&#65;</a:b>", "\u{FEFF}<a/>",
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?><é/>", "<a xml:lang='en' xml:space='preserve'/>",
    // Prologue and epilogue
    "<?xml version=\"1.0\"?><a/>", "<?xml version = '1.7'\n encoding\t=\r\n\"utf-8\" standalone= 'no' ?>\n<a></a>\n",
    "\u{FEFF}<?xml version='1.0'?><!-- a --><?b?><?c d?e>?>\n<a/><!-- f --><?g h?>\r\n", "<?xml-b c?><a/>",
    " \r\n\t<a/> ",
    // Comments and instructions
    "<a><!----><!-- - --><!---a--></a>", "<a><?b?><?c ?d?><?e f\n?></a>", "<?XmL2 a?><a/>",
    // Text and references
    "<a>]] ]> ]]&gt; > ' \"</a>", "<a>&lt;&gt;&amp;&quot;&apos;&#x9;&#10;&#xD;&#x10FFFF;&#000065;</a>",
    "<a>\u{80}\u{FFFD}</a>",
    "<a>b\r\nc\rd\r\r\ne</a>", "<a><![CDATA[]]><![CDATA[]]]]><![CDATA[>&amp;<b>\r\n]]></a>",
    "<a>\u{7F}\u{85}\u{2028}</a>",
    // Attributes
    "<a b='\"' c=\"'\" d='>' e = 'f'\n g\r=\t'h' />", "<a b='c\r\nd\re\tf\ng&#13;&#10;&#9; h'/>",
    "<a b='&lt;&#60;&amp;lt;'></a >",
    "<a a.b-c='1' _d='2' é='3'/>", "<a b='1' B='2' bb='3' bbb='4' c='5' d='6' e='7' f='8' g='9' h='10'/>",
    "<a><b c=''/><b c=''></b></a>",
    // Namespaces
    "<a xmlns='b'><c xmlns=''><d/></c><e/></a>", "<a xmlns:b='c' xmlns:d='e' b:f='1' d:f='2' f='3'/>",
    "<a xmlns:b='c'><b:d xmlns:b='e' b:f=''/><b:d/></a>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:b=''/>",
    "<a:b a:c='' xmlns:a='d'/>", "<xmlx:a xmlns:xmlx='b'/>", "<a xmlns='b' xmlns:c='b' d='1' c:d='2'/>",
    "<a xmlns:b='http://hl7.org&#47;fhir'><b:c/></a>", "<a xmlns='&#104;ttp://hl7.org/fhir'/>",
    // Names
    "<:/>".replacing(":", with: "_"), "<\u{C0}\u{B7}\u{300}-.9/>", "<\u{10000}\u{EFFFF}/>", "<\u{2C00}\u{203F}/>",
    "<\u{FEFF}/>",
  ]

  @Test(arguments: wellFormed)
  func accepts(xml: String) {
    #expect(Self.refusal(Array(xml.utf8)) == nil)
  }

  /// Text that is refused, why, and at which byte.
  struct Malformed: Sendable, CustomTestStringConvertible {
    let xml: String
    let code: FHIRError.Code
    let offset: Int
    var testDescription: String { xml }

    init(_ xml: String, _ code: FHIRError.Code = .notWellFormed, at offset: Int) {
      (self.xml, self.code, self.offset) = (xml, code, offset)
    }
  }

  static let malformed = [
    Malformed("", .empty, at: 0), Malformed(" ", at: 1), Malformed("x", at: 0), Malformed("\u{FEFF}", at: 3),
    Malformed("<", at: 1), Malformed("<a", at: 2), Malformed("<a>", at: 3), Malformed("<a/", at: 3),
    Malformed("<a b", at: 4),
    Malformed("<a b=", at: 5), Malformed("<a b='", at: 6), Malformed("<a></", at: 5), Malformed("<a></a", at: 6),
    Malformed("<a></b>", at: 3), Malformed("<a></ab>", at: 3), Malformed("<ab></a>", at: 4),
    Malformed("<a></ a>", at: 3),
    Malformed("<a></a b=''>", at: 3), Malformed("</a>", at: 0), Malformed("<a/></a>", at: 4),
    Malformed("<a/><b/>", at: 4),
    Malformed("<a/>b", at: 4), Malformed("<a/>&amp;", at: 4), Malformed("&amp;<a/>", at: 0),
    Malformed("<a/><![CDATA[]]>", at: 4),
    Malformed("<![CDATA[]]><a/>", at: 0), Malformed("< a/>", at: 1), Malformed("<a / >", at: 4),
    Malformed("<a/ >", at: 3),
    Malformed("<1/>", at: 1), Malformed("<-/>", at: 1), Malformed("<a\u{D7}/>", at: 2), Malformed("<\u{B7}/>", at: 1),
    Malformed("<\u{300}/>", at: 1), Malformed("<a\u{F0000}/>", at: 2), Malformed("<a<b/>", at: 2),
    Malformed("<a&b/>", at: 2),
    Malformed("<a=''/>", at: 2), Malformed("<a ='b'/>", at: 3),
    // Attributes
    Malformed("<a b/>", at: 4), Malformed("<a b=c/>", at: 5), Malformed("<a b='c'd='e'/>", at: 8),
    Malformed("<a b='c/>", at: 9),
    Malformed("<a b='1' b='2'/>", at: 9), Malformed("<a b='<'/>", at: 6), Malformed("<a b=\"c'/>", at: 10),
    Malformed("<a b=''\"/>", at: 7), Malformed("<a b='1' c='2' d='3' e='4' f='5' g='6' h='7' i='8' c='9'/>", at: 51),
    Malformed("<a 1='b'/>", at: 3), Malformed("<a b''/>", at: 4),
    // References
    Malformed("<a>&</a>", at: 4), Malformed("<a>& b</a>", at: 4), Malformed("<a>&amp</a>", at: 7),
    Malformed("<a>&#;</a>", at: 3),
    Malformed("<a>&#x;</a>", at: 3), Malformed("<a>&#xg;</a>", at: 3), Malformed("<a>&#1a;</a>", at: 3),
    Malformed("<a>&#X41;</a>", at: 3), Malformed("<a>&#65</a>", at: 3), Malformed("<a>&#0;</a>", at: 3),
    Malformed("<a>&#xFFFE;</a>", at: 3), Malformed("<a>&#xD800;</a>", at: 3), Malformed("<a>&#x110000;</a>", at: 3),
    Malformed("<a>&#99999999999999999999;</a>", at: 3), Malformed("<a>&#x1F;</a>", at: 3),
    Malformed("<a b='&#8;'/>", at: 6),
    Malformed("<a>&b;</a>", .undeclaredEntity, at: 3), Malformed("<a b='&c;'/>", .undeclaredEntity, at: 6),
    Malformed("<a>&Amp;</a>", .undeclaredEntity, at: 3), Malformed("<a>&nbsp;</a>", .undeclaredEntity, at: 3),
    Malformed("<a>%b;&c;</a>", .undeclaredEntity, at: 6),
    // Text, comments, sections, instructions
    Malformed("<a>]]></a>", at: 3), Malformed("<a>b]]]></a>", at: 5), Malformed("<a><![CDATA[b</a>", at: 17),
    Malformed("<a><![CDATA[b]] ></a>", at: 21), Malformed("<a><![cdata[]]></a>", at: 3), Malformed("<a><!-- b", at: 9),
    Malformed("<a><!-- -- --></a>", at: 8), Malformed("<a><!-- ---></a>", at: 8), Malformed("<a><!--></a>", at: 12),
    Malformed("<a><!- b --></a>", at: 3), Malformed("<a><!b></a>", at: 3), Malformed("<a><? b?></a>", at: 5),
    Malformed("<a><??></a>", at: 5), Malformed("<a><?b</a>", at: 10), Malformed("<a><?b?c?></a>", at: 6),
    Malformed("<a><?1?></a>", at: 5), Malformed("<a><?xml version='1.0'?></a>", at: 3),
    Malformed("<?XML a?><a/>", at: 0),
    Malformed(" <?xml version='1.0'?><a/>", at: 1), Malformed("<a/><?xml version='1.0'?>", at: 4),
    Malformed("<?b:c d?><a/>", .badNamespace, at: 2),
    // Characters
    Malformed("<a\u{1}/>", at: 2), Malformed("<a>\u{0}</a>", at: 3), Malformed("<a>b\u{B}</a>", at: 4),
    Malformed("<a b='\u{C}'/>", at: 6), Malformed("<a><!-- \u{1F} --></a>", at: 8),
    Malformed("<a><![CDATA[\u{FFFE}]]></a>", at: 12),
    Malformed("<a>\u{FFFF}</a>", at: 3), Malformed("<?a \u{2}?><a/>", at: 4), Malformed("<a/>\u{0}", at: 4),
    Malformed("<a></a\u{8}>", at: 6),
    // The declaration
    Malformed("<?xml?><a/>", at: 0), Malformed("<?xml ?><a/>", at: 5), Malformed("<?xml encoding='UTF-8'?><a/>", at: 5),
    Malformed("<?xml version='1.0' ><a/>", at: 20), Malformed("<?xml version='2.0'?><a/>", at: 15),
    Malformed("<?xml version='1.'?><a/>", at: 15), Malformed("<?xml version=1.0?><a/>", at: 14),
    Malformed("<?xml version='1.0' encoding='UTF-8'standalone='yes'?><a/>", at: 36),
    Malformed("<?xml version='1.0'encoding='UTF-8'?><a/>", at: 19),
    Malformed("<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", at: 37),
    Malformed("<?xml version='1.0' standalone='maybe'?><a/>", at: 32),
    Malformed("<?xml version='1.0' a='b'?><a/>", at: 20),
    Malformed("<?xml version='1.0' encoding=''?><a/>", at: 30),
    Malformed("<?xml version='1.0' encoding='8'?><a/>", at: 30),
    Malformed("<?xml version='1.0'", at: 19), Malformed("<?xml version='1.0", at: 18),
    Malformed("<?xml version='1.0' encoding='UTF-16'?><a/>", .otherEncoding, at: 30),
    Malformed("\u{FEFF}<?xml version='1.0' encoding='ISO-8859-1'?><a/>", .otherEncoding, at: 33),
    Malformed("<?xml version='1.0' encoding='UTF8'?><a/>", .otherEncoding, at: 30),
    // Document types, wherever they stand
    Malformed("<!DOCTYPE a><a/>", .documentType, at: 0),
    Malformed("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", .documentType, at: 0),
    Malformed("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", .documentType, at: 0),
    Malformed("<!DOCTYPE", .documentType, at: 0),
    Malformed("<!-- b --> <!DOCTYPE a><a/>", .documentType, at: 11),
    Malformed("<a><!DOCTYPE a></a>", .documentType, at: 3),
    Malformed("<!doctype a><a/>", at: 0), Malformed("<!ENTITY a 'b'><a/>", at: 0),
    // Namespaces
    Malformed("<a:b/>", .badNamespace, at: 4), Malformed("<a b:c=''/>", .badNamespace, at: 6),
    Malformed("<a:/>", .badNamespace, at: 1),
    Malformed("<:a/>", .badNamespace, at: 1), Malformed("<a:b:c xmlns:a='d'/>", .badNamespace, at: 1),
    Malformed("<a:1 xmlns:a='b'/>", .badNamespace, at: 1), Malformed("<a xmlns:b=''/>", .badNamespace, at: 9),
    Malformed("<a xmlns:='b'/>", .badNamespace, at: 3), Malformed("<a xmlns:xmlns='b'/>", .badNamespace, at: 9),
    Malformed("<xmlns:a/>", .badNamespace, at: 8), Malformed("<a xmlns:xml='b'/>", .badNamespace, at: 9),
    Malformed("<a xmlns:b='http://www.w3.org/XML/1998/namespace'/>", .badNamespace, at: 9),
    Malformed("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", .badNamespace, at: 3),
    Malformed("<a xmlns='http://www.w3.org/2000/xmlns/'/>", .badNamespace, at: 3),
    Malformed("<a xmlns:b='http://www.w3.org/2000/xmlns/'/>", .badNamespace, at: 9),
    Malformed("<a xmlns='b' xmlns='c'/>", at: 13), Malformed("<a xmlns:b='c' xmlns:b='d'/>", at: 21),
    Malformed("<a xmlns:b='c' xmlns:d='c' b:e='' d:e=''/>", .badNamespace, at: 36),
    Malformed("<a xmlns:b='c' b:d='' b:d=''/>", at: 24),
    Malformed("<a><b xmlns:c='d'/><c:e/></a>", .badNamespace, at: 23),
    Malformed("<a xmlns='b' c:d=''/>", .badNamespace, at: 16),
    Malformed("<a><b xmlns:c='d'></b><c:e/></a>", .badNamespace, at: 26),
  ]

  @Test(arguments: malformed)
  func refuses(malformed: Malformed) {
    #expect(Self.refusal(Array(malformed.xml.utf8)) == FHIRError(malformed.code, offset: malformed.offset))
  }

  /// Sixteen bytes are looked at at once: everything is found wherever it stands in them, and however near the end.
  @Test func findsFaultsAtEveryPlace() {
    for count in 0..<40 {
      let fill = String(repeating: "x", count: count)
      for (before, bad, after) in [
        ("<a>", "\u{1}", "</a>"), ("<a>", "\u{FFFE}", "</a>"), ("<a>", "&b;", "</a>"), ("<a>", "]]>", "</a>"),
        ("<a b='", "<", "'/>"),
        ("<a b='", "&;", "'/>"), ("<a", "\u{D7}", "/>"), ("<!--", "--", "--><a/>"), ("<?a ", "\u{3}", "?><a/>"),
        ("<a><![CDATA[", "\u{2}", "]]></a>"),
      ] {
        for tail in ["", fill] {
          let xml = before + fill + bad + tail + after
          let offset = Self.refusal(Array(xml.utf8))?.offset
          #expect(offset == (before + fill).utf8.count + (bad == "&;" ? 1 : 0), "\(xml)")
        }
      }
    }
  }

  /// Text cut at any byte is refused at that byte: nothing is read beyond it, nothing is taken for whole.
  @Test func refusesEveryBeginning() {
    // In one of them an instruction follows the root, and its beginning is well-formed.
    for xml in Self.wellFormed where !xml.contains("<?g h?>") {
      let bytes = Array(xml.utf8)
      let end = bytes.lastIndex(of: UInt8(ascii: ">")) ?? 0
      for count in 1...end { #expect(Self.refusal(Array(bytes[..<count])) != nil, "\(xml) \(count)") }
      #expect(Self.refusal(bytes + [0])?.offset == bytes.count)
    }
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
    limits.nodes = 1_000
    let attributes = "<a b='' c='' xmlns:d='e' xmlns:f='g'/>"
    #expect(Self.refusal(Array(attributes.utf8), limits: limits) == nil)
    #expect(
      Self.refusal(Array("<a xmlns:b='c' xmlns:d='e' xmlns:f='g'/>".utf8), limits: limits)?.code == .tooManyMembers)
    limits.bytes = 4
    #expect(Self.refusal(Array("<a/>".utf8), limits: limits) == nil)
    #expect(Self.refusal(Array("<aa/>".utf8), limits: limits)?.code == .tooLarge)
  }

  /// None of these may take more than the time of one pass: the square of any of them would take minutes.
  @Test(arguments: [
    "<a " + (0..<100_000).map { "b\($0)='' " }.joined() + "/>",
    "<a " + (0..<20_000).map { "xmlns:b\($0)='c\($0)' " }.joined() + (0..<20_000).map { "b\($0):d='' " }.joined()
      + "/>",
    "<a>" + String(repeating: "]", count: 1_000_000) + "</a>",
    "<a>" + String(repeating: "&amp;", count: 200_000) + "</a>",
    "<!--" + String(repeating: "- ", count: 500_000) + "--><a/>",
    "<?a " + String(repeating: "?", count: 1_000_000) + "?><a/>",
    "<a>" + String(repeating: "\u{FFFD}", count: 300_000) + "</a>",
    "<a b='" + String(repeating: "\t", count: 1_000_000) + "'/>",
    String(repeating: "<a>", count: 200_000) + String(repeating: "</a>", count: 200_000),
    String(repeating: "<a xmlns:b='c'>", count: 50_000) + String(repeating: "</a>", count: 50_000),
  ])
  func takesOnePass(xml: String) {
    var limits = Limits.files
    limits.depth = 1_000_000
    limits.members = 1_000_000
    #expect(Self.refusal(Array(xml.utf8), limits: limits) == nil)
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
