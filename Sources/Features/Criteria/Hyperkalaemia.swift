// SPDX-License-Identifier: Apache-2.0

/// Hyperkalaemia: potassium of 5.5 mmol/L or more (UK Kidney Association, Clinical Practice Guidelines: Treatment of
/// Acute Hyperkalaemia in Adults, 2020 and 2023). A haemolysed sample cannot be told from a true one.
enum Hyperkalaemia {
  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    values.judgements(of: "potassium") { $0 >= 5.5 }
  }
}
