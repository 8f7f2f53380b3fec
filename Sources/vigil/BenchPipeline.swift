// SPDX-License-Identifier: Apache-2.0
import CBaseline
import FHIR
import Features

/// From text to features, stage by stage.
struct BenchPipeline {
  let reader: ChartReader

  /// The baseline, then our stages, each from the text on.
  func steps(_ syntax: Syntax, _ bytes: [UInt8]) throws -> [(name: String, run: () -> Void)] {
    let instant = try instant(syntax, bytes)
    // simdjson reads in blocks and wants room after the text.
    let padded = bytes + [UInt8](repeating: 0x20, count: 64)
    let count = bytes.count
    // The baselines only read, within what they are told.
    let baseline: () -> Void = {
      unsafe padded.withUnsafeBufferPointer { text in
        switch syntax {
        case .json: _ = unsafe baseline_json_dom(text.baseAddress, count)
        case .xml: _ = unsafe baseline_xml_sax(text.baseAddress, count)
        }
      }
    }
    return [
      (syntax == .json ? "simdjson DOM" : "libxml2 SAX2", baseline),
      ("document", { _ = try? Document(bytes, syntax: syntax, limits: .files) }),
      ("document+chart", { _ = (try? Document(bytes, syntax: syntax, limits: .files)).map { Chart.charts(in: [$0]) } }),
      ("document+chart+features", { features(syntax, bytes, instant) }),
    ]
  }

  private func instant(_ syntax: Syntax, _ bytes: [UInt8]) throws -> Instant {
    let charts = Chart.charts(in: [try Document(bytes, syntax: syntax, limits: .files)])
    return charts.first?.lastInstant ?? Instant(milliseconds: 0)
  }

  private func features(_ syntax: Syntax, _ bytes: [UInt8], _ instant: Instant) {
    guard let document = try? Document(bytes, syntax: syntax, limits: .files) else { return }
    for chart in Chart.charts(in: [document]) {
      let timeline = reader.timeline(of: chart, at: instant)
      _ = reader.profile.vector(timeline, atHour: timeline.origin.map { instant.hours(since: $0) } ?? 48)
    }
  }
}
