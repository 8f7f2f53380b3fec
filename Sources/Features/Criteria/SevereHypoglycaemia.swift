// SPDX-License-Identifier: Apache-2.0

/// Severe hypoglycaemia of critical illness: glucose of 40 mg/dL (2.2 mmol/L) or less (NICE-SUGAR investigators, N Engl J
/// Med 2012;367:1108-1118).
enum SevereHypoglycaemia {
  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    values.judgements(of: "glucose") { $0 <= 40 }
  }
}
