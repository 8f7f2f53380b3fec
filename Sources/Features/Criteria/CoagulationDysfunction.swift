// SPDX-License-Identifier: Apache-2.0

/// Coagulation dysfunction: a SOFA coagulation score of 2 or more, that is platelets under 100 x 10^3/uL; two points are
/// what Sepsis-3 calls dysfunction of an organ (Singer et al., JAMA 2016;315:801-810).
enum CoagulationDysfunction {
  static func judgements(_ values: MeasuredValues) -> [Judgement] {
    values.judgements(of: "platelets") { SOFA.coagulation(platelets: $0) >= 2 }
  }
}
