// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

/// What a card looks like on our own pages. That every text of a chart is shown as itself is tested where cards are written.
@Suite struct CardMarkdownTests {
  @Test func marksAreElements() {
    let text = "**Risk: 12 %** (_low_) 6\\.3\n\n- one\n- two\n\n| A | B |\n| --- | :-: |\n| 1 \\| 2 | **3** |"
    #expect(
      CardMarkdown(text).html == """
        <p><b>Risk: 12 %</b> (<em>low</em>) 6.3</p>
        <ul><li>one</li><li>two</li></ul>
        <table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody><tr>\
        <td data-title="A">1 | 2</td><td data-title="B"><b>3</b></td></tr></tbody></table>
        """)
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:x)", "&lt;b&gt;", "\" onload='x'",
  ])
  func nothingElseIs(_ attack: String) {
    let shown = HTML.escaped(attack.replacing("_", with: ""))
    for text in [attack, "| A |\n| --- |\n| \(attack) |", "- \(attack)"] {
      #expect(CardMarkdown(text).html.contains(shown))
    }
  }

  /// What is no row of the table is no less shown.
  @Test(arguments: ["| A |\n| --- |\n| x | seen |", "| A | B |\n| --- | --- |\n| seen |", "| A |\n| seen |"])
  func noCellGoesUnseen(_ table: String) {
    #expect(CardMarkdown(table).html.contains("seen"))
  }
}
