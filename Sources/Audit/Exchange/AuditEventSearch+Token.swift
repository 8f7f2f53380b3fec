// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditEventSearch {
  /// `system|code`, `|code`, `system|` or `code` (R4 search.html#token).
  struct Token: Sendable {
    /// Nil for any; empty for none.
    let system: String?
    /// Nil for any.
    let code: String?

    init(_ text: String) {
      // A model's identifier has a bar of its own: the first divides.
      let parts = AuditEventSearch.split(text, at: "|", most: 2).map(AuditEventSearch.unescaped)
      guard parts.count == 2 else {
        (system, code) = (nil, parts[0])
        return
      }
      (system, code) = (parts[0], parts[1].isEmpty ? nil : parts[1])
    }

    private init(system: String?, code: String) {
      (self.system, self.code) = (system, code)
    }

    /// The same firing of a hook as it stands on record since names that are no UUID do not; nil for a token of anything else.
    func hookInstance(_ key: PseudonymKey) -> Token? {
      guard let code, system == nil || system == AuditRecord.instanceSystem else { return nil }
      let name = key.hookInstance(code)
      return name == code ? nil : Token(system: AuditRecord.instanceSystem, code: name)
    }

    /// Whether a Coding or an Identifier is the one that is meant.
    func matches(_ element: JSON) -> Bool {
      if let system, element["system"]?.text ?? "" != system { return false }
      return code == nil || (element["code"] ?? element["value"])?.text == code
    }

    /// The pseudonym of a real identifier; nil for a token of another system. One without a system may be of any, and so of a patient's
    /// where no clients are told apart.
    func pseudonym(_ key: PseudonymKey) -> [UInt8]? {
      guard let code else { return nil }
      guard let system else { return key.patient(code) }
      guard system.hasPrefix(AuditEventSearch.patientSystem) else { return nil }
      let client = system.dropFirst(AuditEventSearch.patientSystem.count)
      guard client.isEmpty || client.first == ":" else { return nil }
      return key.patient(code, of: String(client.dropFirst()))
    }
  }

  /// The parts of a parameter's value between separators without a backslash in front (R4 search.html#escaping), backslashes and all.
  ///
  /// - Parameter most: more parts are left together in the last.
  static func split(_ value: String, at separator: Character, most: Int = .max) -> [String] {
    var parts = [""]
    var isEscaped = false
    for character in value {
      if character == separator, !isEscaped, parts.count < most {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    return parts
  }

  /// A part as it is meant: `\,`, `\|`, `\$` and `\\` without their backslash.
  static func unescaped(_ text: String) -> String {
    var plain = ""
    var isEscaped = false
    for character in text {
      if character == "\\", !isEscaped {
        isEscaped = true
        continue
      }
      if isEscaped, !",|$\\".contains(character) { plain.append("\\") }
      plain.append(character)
      isEscaped = false
    }
    return isEscaped ? plain + "\\" : plain
  }
}

extension JSON {
  /// A string; nil for anything else.
  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
