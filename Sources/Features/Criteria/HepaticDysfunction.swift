// SPDX-License-Identifier: Apache-2.0

/// Hepatic dysfunction: a SOFA liver score of 2 or more, that is total bilirubin of 2 mg/dL or more; two points are what
/// Sepsis-3 calls dysfunction of an organ (Singer et al., JAMA 2016;315:801-810).
enum HepaticDysfunction {
  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    values.judgements(of: "bilirubin-total") { SOFA.liver(bilirubin: $0) >= 2 }
  }
}
