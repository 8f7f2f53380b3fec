// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Foundation
import Testing
import Training

@Suite struct ReportPageTests {
  private func page(_ title: String? = nil) async throws -> String {
    let experiment = try Synthetic.diagnosis(epochs: 2)
    let validation = try await experiment.crossValidate()
    let evaluation = try await experiment.evaluation(validation, replicates: 20)
    var manifest = try experiment.configuration.manifest(
      thresholds: experiment.decisions(validation).compactMapValues(\.threshold), lastHours: experiment.lastHours)
    if let title { manifest.title = title }
    return ReportPage(manifest, digest: "0123456789abcdef0123", evaluation: evaluation).html
  }

  /// Whoever opens the page sends nothing to anybody, and no title becomes markup.
  @Test func pageStandsAlone() async throws {
    let html = try await page("A <b>title</b> & \"more\"")
    #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("<script"))
    #expect(html.contains("A &lt;b&gt;title&lt;/b&gt; &amp; &quot;more&quot;"))
    #expect(!html.contains("<b>"))
    for part in ["Ranking (ROC)", "Calibration", "Decision curve", "What the alarm asks of the ward", "Lead time"] {
      #expect(html.contains(part), "\(part)")
    }
    #expect(!html.contains(/[>" ](nan|inf|-inf)[ <"]/))
  }

  /// Every element that is opened is closed, in order: the plots are XML.
  @Test func elementsAreNested() async throws {
    let html = try await page()
    let empty: Set = ["meta", "line", "circle", "rect", "polyline"]
    var open: [Substring] = []
    var isStyle = false
    for match in html.matches(of: /<(\/?)([a-zA-Z0-9]+)[^>]*?(\/?)>/) {
      let name = match.2
      if name == "style" { isStyle = match.1.isEmpty }
      guard !isStyle, name != "style", !empty.contains(String(name)), match.3.isEmpty else { continue }
      if match.1.isEmpty { open.append(name) } else { #expect(open.popLast() == name) }
    }
    #expect(open.isEmpty)
  }
}
