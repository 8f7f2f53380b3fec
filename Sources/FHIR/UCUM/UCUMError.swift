// SPDX-License-Identifier: Apache-2.0

/// Why a unit could not be read, or a value not be converted. It never carries the input text.
package struct UCUMError: Error, Sendable, Equatable {
  /// The permanent code of the fault.
  package enum Code: String, Sendable, CaseIterable {
    /// The unit does not follow the grammar of UCUM.
    case syntax = "UCM001"
    /// A unit symbol that is not in the table (UCUM's symbols are case sensitive).
    case unknownUnit = "UCM002"
    /// A prefix stands before a unit that takes none.
    case prefixNotAllowed = "UCM003"
    /// A special unit (Cel, [pH], B ...) stands in a product, a quotient or a power.
    case specialUnitInTerm = "UCM004"
    /// A number or an exponent is too large, or the whole unit too long.
    case outOfRange = "UCM005"
    /// The two units measure different kinds of quantity.
    case incommensurable = "UCM006"
    /// Mass and amount of substance convert only with the molar mass of the substance.
    case molarMassRequired = "UCM007"
    /// Equivalents and amount of substance convert only with the valence of the ion.
    case valenceRequired = "UCM008"
    /// No unit is stated.
    case unitAbsent = "UCM009"
    /// A unit is stated in a form that is neither UCUM nor one of the known spellings.
    case unitNotUnderstood = "UCM010"
    /// The code and the text of the unit say different things.
    case contradictoryUnits = "UCM011"
  }

  /// What is wrong.
  package let code: Code

  /// The byte of the unit's text where it was noticed; nil where no one place is at fault.
  package let offset: Int?

  package init(_ code: Code, at offset: Int? = nil) {
    self.code = code
    self.offset = offset
  }
}

extension UCUMError.Code {
  /// The fault in one sentence, for reports.
  package var title: String {
    switch self {
    case .syntax: "the unit does not follow the grammar of UCUM"
    case .unknownUnit: "the unit is not in the UCUM table"
    case .prefixNotAllowed: "the unit takes no prefix"
    case .specialUnitInTerm: "a special unit cannot stand in a product, quotient or power"
    case .outOfRange: "a number, an exponent or the length of the unit is out of range"
    case .incommensurable: "the units measure different kinds of quantity"
    case .molarMassRequired: "the conversion needs the molar mass of the substance"
    case .valenceRequired: "the conversion needs the valence of the ion"
    case .unitAbsent: "no unit is stated"
    case .unitNotUnderstood: "the unit is neither UCUM nor a known spelling"
    case .contradictoryUnits: "the code and the text of the unit contradict each other"
    }
  }
}
