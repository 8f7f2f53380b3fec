// SPDX-License-Identifier: Apache-2.0

/// Something measured repeatedly in a stay.
package struct Signal: Codable, Sendable, Equatable {
  /// What kind of measurement it is.
  package enum Category: String, Codable, Sendable { case vital, lab, fluid, device }

  /// Identifier, such as `creatinine`.
  package var id: String
  /// What a clinician reads on a card.
  package var title: String
  /// Value sets of `Profiles/terminology/` whose codes carry this signal.
  package var valueSets: [String]
  /// Canonical unit (UCUM).
  package var unit: String
  /// Grams per mole, for conversions between mass and amount of substance.
  package var molarMass: Double?
  /// Charges per ion, for conversions between equivalents and amount of substance.
  package var valence: Int?
  /// Plausible values in the canonical unit, bounds included; a value outside counts as missing.
  package var range: ClosedRange<Double>
  /// What kind of measurement it is.
  package var category: Category
  /// True for a device of which only the use matters: any reading of it counts as 1, `false` as 0.
  package var presence: Bool?
  /// Age in hours from which the last value is reported as stale.
  package var staleAfterHours: Double
  /// Scale on which statistics are taken; nil: the value itself.
  package var transform: Transform?
  /// Explanation group, the id of a signal or derived series; nil: its own.
  package var group: String?
}

/// Scale on which the statistics of a series are taken.
package enum Transform: String, Codable, Sendable {
  /// Natural logarithm.
  case log
  /// Natural logarithm of one more than the value.
  case log1p
}

/// A series computed from others, with a value wherever its first (ratio, difference) or any (coalesce) source has one.
package struct DerivedSeries: Codable, Sendable, Equatable {
  /// How the sources combine.
  package enum Method: String, Codable, Sendable {
    /// All samples of all sources merged in time; of samples at one instant the first source's stands.
    case coalesce
    /// First source divided by the last value of the second.
    case ratio
    /// First source less the last value of the second.
    case difference
  }

  /// Identifier, such as `shock-index`.
  package var id: String
  /// What a clinician reads on a card.
  package var title: String
  /// Unit of the result (UCUM).
  package var unit: String
  /// How the sources combine.
  package var method: Method
  /// Identifiers of signals, or of derived series that stand before this one.
  package var from: [String]
  /// Greatest age in hours of the second source's value; nil: any.
  package var maximumAgeHours: Double?
  /// Scale on which statistics are taken; nil: the value itself.
  package var transform: Transform?
  /// Explanation group; nil: its own id.
  package var group: String?
}

/// Something known once for a stay.
package struct Static: Codable, Sendable, Equatable {
  /// Identifier: `age` (years), `sex` (0 female, 1 male), `height` (cm), `unit-type` (1 coronary care, 2 cardiac
  /// surgery recovery, 3 medical, 4 surgical), `admission-delay` (hours from ICU to hospital admission, negative).
  package var id: String
  /// What a clinician reads on a card.
  package var title: String
  /// Unit (UCUM).
  package var unit: String
  /// Plausible values, bounds included.
  package var range: ClosedRange<Double>
  /// Value sets whose latest Observation carries it; nil: from Patient or Encounter.
  package var valueSets: [String]?
}
