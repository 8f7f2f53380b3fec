// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Testing

@Suite struct MarkdownTests {
  @Test func literalsAreMarkupAndDataIsText() {
    let unit = "mm[Hg] <b>"
    let markdown: Markdown = "**Unit** \(unit), \(3)"
    #expect(markdown.text == #"**Unit** mm\[Hg\] \<b\>, 3"#)
    let outer: Markdown = "> \(markdown)"
    #expect(outer.text == "> " + markdown.text)
  }

  static let escapes: [(data: String, text: String)] = [
    ("plain 7,5 %", "plain 7,5 %"),
    ("[x](https://a.example)", #"\[x\]\(https\://a\.example\)"#),
    ("www.a.example", #"www\.a\.example"#),
    ("a@b.example", #"a`@`b\.example"#),
    ("@@", "`@@`"),
    ("# h", "\\# h"),
    ("1. x", #"1\. x"#),
    ("| a |", #"\| a \|"#),
    ("`code`", #"\`code\`"#),
    ("a\nb", #"a\[U\+000A\]b"#),
    ("    indented", "&#32;&#32;&#32;&#32;indented"),
    ("two  spaces ", "two &#32;spaces&#32;"),
    ("\u{202E}evil", #"\[U\+202E\]evil"#),
    ("a\u{200B}b", #"a\[U\+200B\]b"#),
    ("&amp;", #"\&amp;"#),
    ("~~s~~", #"\~\~s\~\~"#),
    ("é 漢字 ñ", "é 漢字 ñ"),
    ("", ""),
  ]

  @Test(arguments: escapes)
  func dataIsEscaped(_ data: String, _ text: String) {
    #expect(Markdown(escaping: data).text == text)
  }

  /// Characters that start a construct of CommonMark or of GitHub's extensions somewhere.
  static let active = Set("\\`*_{}[]()<>#+-.!|~&:$=^@")

  @Test func noActiveCharacterIsLeftBare() {
    var seed: UInt64 = 7
    let alphabet = Array("ab 1 \t\n\\`*_{}[]()<>#+-.!|~&:$=^@/\"'\u{200B}\u{202E}é😀")
    for _ in 0..<20_000 {
      var data = ""
      for _ in 0..<12 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        data.append(alphabet[Int(seed >> 33) % alphabet.count])
      }
      let text = Markdown(escaping: data).text
      #expect(Self.visible(text) == VisibleText.of(data))
    }
  }

  /// What a CommonMark renderer shows of escaped data: backslash escapes, the entity for a space and code spans of `@`
  /// undone; nil when a bare active character is found.
  static func visible(_ text: String) -> String? {
    var shown = ""
    var rest = Substring(text)
    while let character = rest.first {
      if character == "\\" {
        guard let next = rest.dropFirst().first, active.contains(next) else { return nil }
        shown.append(next)
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("&#32;") {
        shown.append(" ")
        rest = rest.dropFirst(5)
      } else if character == "`" {
        let span = rest.dropFirst().prefix { $0 == "@" }
        guard !span.isEmpty, rest.dropFirst(span.count + 1).first == "`" else { return nil }
        rest = rest.dropFirst(span.count + 2)
        guard rest.first != "`" else { return nil }
        shown += span
      } else {
        guard !active.contains(character) else { return nil }
        shown.append(character)
        rest = rest.dropFirst()
      }
    }
    return shown
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
