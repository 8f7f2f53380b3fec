// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// The UCUM code of a Quantity's unit, from the three elements that may state it.
  ///
  /// The rule, safest first (R4 datatypes.html#Quantity: the code is the meaning, the unit is for people):
  /// 1. `code` in the system of UCUM is that unit. When it is no UCUM (`mmHg`), it is looked up among the known
  ///    spellings, all of which have one meaning.
  /// 2. `code` without a system, or in another system, is looked up among the known spellings; without a system it may
  ///    also be plain UCUM.
  /// 3. Without a code that is understood, `unit` counts only when it is a known spelling. It is never parsed as UCUM:
  ///    a `unit` of `K/uL` is a count, not kelvin per microlitre.
  /// 4. A code and a unit that are both understood must say the same: values must convert one to one, whatever the
  ///    prefix (`mmol/L` beside `umol/L` is a contradiction, `10*3/uL` beside `x10^9/L` is not). `unit` texts that are
  ///    no known spelling contradict nothing.
  ///
  /// - Parameter substance: what is measured; it decides whether `meq/L` and `mmol/L`, or `U/L` and `[IU]/L`, are one.
  /// - Throws: `unitAbsent`, `unitNotUnderstood` or `contradictoryUnits`; the value then has no meaning.
  package static func unit(
    system: String?, code: String?, unit text: String?, of substance: Substance = Substance()
  ) throws(UCUMError) -> String {
    let code = code.flatMap { $0.isEmpty ? nil : $0 }
    let text = text.map(trimmed).flatMap { $0.isEmpty ? nil : $0 }
    let spelled = text.flatMap { UCUM.code(spelled: $0) }
    guard let coded = code.flatMap({ unit(code: $0, system: system) }) else {
      if let spelled { return spelled }
      throw UCUMError(code == nil && text == nil ? .unitAbsent : .unitNotUnderstood)
    }
    if let spelled, !agree(coded, spelled, of: substance) { throw UCUMError(.contradictoryUnits) }
    return coded
  }

  /// True for the code system of UCUM by its FHIR URL or its OID.
  package static func isUCUM(_ system: String) -> Bool {
    system == UCUM.system || system == "urn:oid:2.16.840.1.113883.6.8"
  }

  private static func unit(code: String, system: String?) -> String? {
    // Most codes are in the table under their own name, and need no parsing to be known as UCUM.
    let isValid = UCUM.code(spelled: code) == code || (try? UCUM.unit(code)) != nil
    if let system {
      return isUCUM(system) && isValid ? code : UCUM.code(spelled: code)
    }
    return UCUM.code(spelled: code) ?? (isValid ? code : nil)
  }

  private static func agree(_ coded: String, _ spelled: String, of substance: Substance) -> Bool {
    if coded == spelled { return true }
    guard let first = try? UCUM.unit(coded), let second = try? UCUM.unit(spelled) else { return false }
    // A unity beside [pH] or a score is how dimensionless scales are often written.
    if first.isUnity, second.isUnity || second.special == .acidity { return true }
    if second.isUnity, first.special == .acidity { return true }
    return (try? Conversion(from: first, to: second, of: substance).isIdentity) ?? false
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
