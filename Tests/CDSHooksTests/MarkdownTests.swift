// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Foundation
import TestSupport
import Testing

@Suite struct MarkdownTests {
  @Test func literalsAreMarkupAndDataIsText() {
    let unit = "mm[Hg] <b>"
    let markdown: Markdown = "**Unit** \(unit), \(3)"
    #expect(markdown.text == #"**Unit** mm\[Hg\] \<b>, 3"#)
    let outer: Markdown = "> \(markdown)"
    #expect(outer.text == "> " + markdown.text)
  }

  static let escapes: [(data: String, text: String)] = [
    ("plain 7,5 %", "plain 7,5 %"),
    ("[x](https://a.example)", #"\[x\](https\://a.example)"#),
    ("www.a.example", #"www\.a.example"#),
    ("now. ww.a", "now. ww.a"),
    ("w.a", #"w\.a"#),
    ("a@b.example", "a`@`b.example"),
    ("@@", "`@@`"),
    ("# h", "\\# h"),
    ("1. x", #"1\. x"#),
    ("1) x", #"1\) x"#),
    ("7.35 - 7.45", "7.35 - 7.45"),
    ("- x", #"\- x"#),
    ("> x", #"\> x"#),
    ("| a |", #"\| a \|"#),
    ("`code`", #"\`code\`"#),
    ("a\nb", #"a\[U+000A\]b"#),
    ("    indented", "&#32;&#32;&#32;&#32;indented"),
    ("two  spaces ", "two &#32;spaces&#32;"),
    ("\u{202E}evil", #"\[U+202E\]evil"#),
    ("a\u{200B}b", #"a\[U+200B\]b"#),
    ("&amp;", #"\&amp;"#),
    ("~~s~~", #"\~\~s\~\~"#),
    ("é 漢字 ñ", "é 漢字 ñ"),
    ("", ""),
  ]

  @Test(arguments: escapes)
  func dataIsEscaped(_ data: String, _ text: String) {
    #expect(Markdown(escaping: data).text == text)
  }

  /// Random data of characters that mean something to Markdown, and the strings that attacks are made of.
  static let hostile: [String] = {
    var seed: UInt64 = 7
    func random(_ count: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % count
    }
    let pieces =
      "a b 1 2 w \t \n \\ ` * _ { } [ ] ( ) < > # + - . ! | ~ & : $ = ^ @ / \" ' ; % é 😀".split(separator: " ").map(
        String.init)
      + [
        " ", "  ", "\u{200B}", "\u{202E}", "www.", "http://", "https://a.example", "mailto:", "a@b.example", "<b>",
        "<!--", "&lt;", "&#32;", "[x](y)", "![x](y)", "[^1]", "[ ]", "---", "===", "```", "1. ", "| - |", "<script>",
      ]
    return (0..<20_000).map { _ in (0...random(9)).map { _ in pieces[random(pieces.count)] }.joined() }
  }()

  @Test func noHiddenAndNoTagCharacterIsLeft() {
    for data in Self.hostile {
      let text = Markdown(escaping: data).text
      #expect(!text.contains("\n") && !text.contains("\u{202E}") && !text.hasPrefix(" ") && !text.hasSuffix(" "))
      #expect(!text.contains(/(^|[^\\])(\\\\)*[<|\[\]*_]/))
    }
  }

  /// The reference implementation of GitHub-flavoured Markdown, raw HTML on, as the judge: it must show exactly the data,
  /// and make nothing of it but paragraphs and the code spans of `@`.
  @Test func theReferenceRendererShowsExactlyTheData() throws {
    let frames: [(Markdown, Markdown)] = [
      ("", ""), ("- ", ""), ("**b** ", " c"), ("| a |\n| --- |\n| ", " |"), ("_i ", "_"),
    ]
    var cases: [JSON] = []
    for (index, data) in Self.hostile.enumerated() {
      let (before, after) = frames[index % frames.count]
      let other = Self.hostile[(index * 31) % Self.hostile.count]
      let pair = index % 3 == 0
      let markdown: Markdown = "\(before)\(data)\(pair ? other : "")\(after)"
      let shown = VisibleText.of(data) + (pair ? VisibleText.of(other) : "")
      cases.append([.string(markdown.text), .string(shown)])
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-\(UUID().uuidString).json")
    try Data(JSON.array(cases).encoded()).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let script = """
      import json, re, html, sys
      try:
        import cmarkgfm
        from cmarkgfm.cmark import Options
      except ImportError:
        sys.exit(77)
      bad = 0
      for markdown, shown in json.load(open(sys.argv[1])):
        page = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
        tags = set(re.findall(r'<[^>]*>', page))
        allowed = {'<p>', '</p>', '<code>', '</code>', '<ul>', '</ul>', '<li>', '</li>', '<strong>', '</strong>', '<em>',
          '</em>', '<table>', '</table>', '<thead>', '</thead>', '<tbody>', '</tbody>', '<tr>', '</tr>', '<th>', '</th>',
          '<td>', '</td>'}
        text = html.unescape(re.sub(r'<[^>]*>', '', page))
        if tags - allowed or page.count('<p>') > 1 or page.count('<li>') > 1 or page.count('<td>') > 1 or \\
            page.count('<em>') > 1 or page.count('<strong>') > 1 or ''.join(shown.split()) not in ''.join(text.split()):
          bad += 1
          if bad < 4: print(repr(markdown), repr(page), repr(shown))
      sys.exit(1 if bad else 0)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, file.path]
    try process.start()
    process.waitUntilExit()
    if process.terminationStatus == 77 { return print("skipped: python cmarkgfm is not installed") }
    #expect(process.terminationStatus == 0)
  }

  @Test func hiddenCharactersAreShown() {
    for scalar in [
      "\u{0}", "\u{7F}", "\u{AD}", "\u{61C}", "\u{200D}", "\u{2028}", "\u{2066}", "\u{FE0F}", "\u{FEFF}", "\u{E0041}",
    ] {
      let shown = VisibleText.of("a\(scalar)b")
      #expect(shown.hasPrefix("a[U+") && shown.hasSuffix("]b") && shown.allSatisfy(\.isASCII))
    }
    #expect(VisibleText.of("Ångström 10³/µL ✓ 😀") == "Ångström 10³/µL ✓ 😀")
  }

  @Test func summariesAreCutAtAGrapheme() {
    let short = String(repeating: "a", count: 139)
    #expect(VisibleText.summary(short) == short)
    #expect(VisibleText.summary(short + "b").utf16.count == 139)
    for filler in ["é", "e\u{301}", "漢", "🇩🇪", "👍🏽", "a"] {
      let cut = VisibleText.summary(String(repeating: filler, count: 200))
      #expect(cut.utf16.count <= 139 && cut.unicodeScalars.count <= 139 && cut.hasSuffix("…"))
      #expect(String(cut.dropLast()).allSatisfy { $0 == Character(filler) })
    }
  }
}
