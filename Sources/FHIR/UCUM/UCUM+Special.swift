// SPDX-License-Identifier: Apache-2.0

import Glibc

extension UCUM {
  /// The function that ties a special unit to its proper unit (UCUM sections 21 and 22).
  enum Special: String, Sendable, CaseIterable {
    case celsius = "Cel"
    case fahrenheit = "degF"
    case reaumur = "degRe"
    case acidity = "pH"
    case naturalLogarithm = "ln"
    case commonLogarithm = "lg"
    /// Twice the common logarithm: levels of field quantities.
    case fieldLevel = "lgTimes2"
    case binaryLogarithm = "ld"
    case hundredTangent = "100tan"
    case squareRoot = "sqrt"
    case decimalPotency = "hpX"
    case centesimalPotency = "hpC"
    case millesimalPotency = "hpM"
    case quintamillesimalPotency = "hpQ"

    /// Where the zero of a temperature scale lies, in 1/180 K: the coarsest step in which all of them are whole.
    var zero: Int? {
      switch self {
      case .celsius, .reaumur: 49_167  // 273.15 K
      case .fahrenheit: 45_967  // 459.67 degrees of 5/9 K
      default: nil
      }
    }

    /// The value on the special scale of `ratio` proper units.
    func value(ofRatio ratio: Double) -> Double {
      switch self {
      case .celsius, .fahrenheit, .reaumur: ratio  // affine, computed by `Conversion`
      case .acidity: -log10(ratio)
      case .naturalLogarithm: log(ratio)
      case .commonLogarithm: log10(ratio)
      case .fieldLevel: 2 * log10(ratio)
      case .binaryLogarithm: log2(ratio)
      case .hundredTangent: 100 * tan(ratio)
      case .squareRoot: ratio.squareRoot()
      case .decimalPotency: -log10(ratio)
      case .centesimalPotency: -log10(ratio) / 2
      case .millesimalPotency: -log10(ratio) / 3
      case .quintamillesimalPotency: -log10(ratio) / log10(50_000)
      }
    }

    /// The number of proper units at `value` on the special scale: the inverse of `value(ofRatio:)`.
    func ratio(at value: Double) -> Double {
      switch self {
      case .celsius, .fahrenheit, .reaumur: value
      case .acidity, .decimalPotency: pow(10, -value)
      case .naturalLogarithm: exp(value)
      case .commonLogarithm: pow(10, value)
      case .fieldLevel: pow(10, value / 2)
      case .binaryLogarithm: exp2(value)
      case .hundredTangent: atan(value / 100)
      case .squareRoot: value * value
      case .centesimalPotency: pow(100, -value)
      case .millesimalPotency: pow(1000, -value)
      case .quintamillesimalPotency: pow(50_000, -value)
      }
    }
  }
}
