// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Networks

extension CardDetail {
  /// Days after ICU admission at which a card and a RiskAssessment state survival.
  static let survivalDays: [Double] = [30, 90, 365]

  /// The days of `survivalDays` within the curve's horizon.
  static func days(upTo horizon: Double?) -> [Double] {
    survivalDays.filter { $0 <= horizon ?? 0 }
  }

  /// Survival in a row a day.
  func survivalTable(_ curve: SurvivalCurve) -> Markdown {
    let rows = Self.days(upTo: assessment.model.survival?.horizonDays).map { day -> Markdown in
      "| \(DecimalText.fixed(day, decimals: 0)) | \(DecimalText.percent(curve.probability(at: day))) |"
    }
    let head: Markdown = """
      Predicted survival, in or out of hospital:

      | Days after ICU admission | Alive |
      | --- | --- |
      """
    return "\(head)\n\(Markdown.joined(rows, separator: "\n"))"
  }
}
