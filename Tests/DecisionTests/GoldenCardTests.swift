// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Foundation
import Testing

/// The cards of the shipped models for our own charts, as `FixturesFHIR/cards/NAME.json`.
///
/// After a change that is meant, `VIGIL_UPDATE_GOLDENS=1 swift test --filter GoldenCardTests` writes them anew; the diff
/// is then read like any other.
@Suite struct GoldenCardTests {
  static let assessor: Assessor? = {
    do {
      return try Assessor.load("\(Samples.root)/Profiles")
    } catch {
      print("skipped: the shipped models do not load: \(error)")
      return nil
    }
  }()

  @Test(arguments: Samples.charts)
  func cardsAreAsTheyWere(_ name: String) throws {
    guard let assessor = Self.assessor else { return }
    let chart = try Samples.chart(name)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let cards = HookResponse(cards: assessment.cards(channel: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"))
    _ = try cards.encoded()
    let text = cards.json.text(pretty: true)
    let folder = "\(Samples.root)/FixturesFHIR/cards"
    let file = URL(fileURLWithPath: "\(folder)/\(name).json")
    if ProcessInfo.processInfo.environment["VIGIL_UPDATE_GOLDENS"] != nil {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == expected)
  }
}
