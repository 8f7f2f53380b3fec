// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

/// Text from outside on a page of ours.
@Suite struct HTMLTests {
  @Test func whatMeansSomethingIsEscaped() {
    #expect(HTML.escaped("<a href=\"x\" b='y'>&") == "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;")
    #expect(HTML.escaped("7,3 µmol/L\n\tΔ 中") == "7,3 µmol/L\n\tΔ 中")
  }

  /// A combining mark makes one character with what stands before it; a browser still sees the quote.
  @Test func combiningMarksHideNothing() {
    #expect(HTML.escaped("\"\u{301} onclick=\"x") == "&quot;\u{301} onclick=&quot;x")
    #expect(HTML.escaped("<\u{338}b>\u{20D2}") == "&lt;\u{338}b&gt;\u{20D2}")
  }

  @Test func whatCannotBeSeenIsNamed() {
    #expect(HTML.escaped("a\u{202E}b\u{200B}c\u{0}\u{E000}") == "a[U+202E]b[U+200B]c[U+0000][U+E000]")
  }
}
