// SPDX-License-Identifier: Apache-2.0

/// Components of the Sequential Organ Failure Assessment (Vincent et al., Intensive Care Med 1996;22:707-710), 0 to 4
/// points each; those that organ criteria are made of.
package enum SOFA {
  /// Points for PaO2/FiO2 in mmHg; 3 and 4 need respiratory support.
  package static func respiratory(ratio: Double, isSupported: Bool) -> Int {
    switch ratio {
    case ..<100 where isSupported: 4
    case ..<200 where isSupported: 3
    case ..<300: 2
    case ..<400: 1
    default: 0
    }
  }

  /// Points for bilirubin in mg/dL.
  package static func liver(bilirubin: Double) -> Int {
    switch bilirubin {
    case 12...: 4
    case 6...: 3
    case 2...: 2
    case 1.2...: 1
    default: 0
    }
  }

  /// Points for platelets in 10^3/uL.
  package static func coagulation(platelets: Double) -> Int {
    switch platelets {
    case ..<20: 4
    case ..<50: 3
    case ..<100: 2
    case ..<150: 1
    default: 0
    }
  }
}
