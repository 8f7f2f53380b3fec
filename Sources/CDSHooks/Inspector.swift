// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Walks a message that is about to be sent and lists the rules it breaks.
///
/// The rules read the wire form, not the types it was made from: what is checked is what leaves.
struct Inspector {
  private(set) var violations: [Violation] = []

  mutating func report(_ rule: Violation.Rule, _ path: String) {
    violations.append(Violation(rule: rule, path: path))
  }

  /// The members of an object; reports anything else.
  mutating func object(_ json: JSON, _ path: String) -> [JSON.Member]? {
    guard let members = json.objectMembers else {
      report(.memberType, path)
      return nil
    }
    if members.isEmpty { report(.noEmptyValues, path) }
    return members
  }

  /// A member that must be there.
  mutating func required(_ members: [JSON.Member], _ name: String, _ path: String) -> JSON? {
    guard let value = members.first(where: { $0.name == name })?.value else {
      report(.requiredMember, "\(path).\(name)")
      return nil
    }
    return value
  }

  /// A string member; reports a wrong type and emptiness. An absent one is reported only when it is required.
  @discardableResult
  mutating func text(
    _ members: [JSON.Member], _ name: String, _ path: String, isRequired: Bool = false
  ) -> String? {
    guard let value = members.first(where: { $0.name == name })?.value else {
      if isRequired { report(.requiredMember, "\(path).\(name)") }
      return nil
    }
    guard case .string(let text) = value else {
      report(.memberType, "\(path).\(name)")
      return nil
    }
    if text.isEmpty { report(.noEmptyValues, "\(path).\(name)") }
    return text
  }

  /// A string member out of a fixed set.
  @discardableResult
  mutating func choice(
    _ members: [JSON.Member], _ name: String, _ path: String, of values: [String], _ rule: Violation.Rule,
    isRequired: Bool = false
  ) -> String? {
    guard let text = text(members, name, path, isRequired: isRequired) else { return nil }
    if !values.contains(text) { report(rule, "\(path).\(name)") }
    return text
  }

  /// A boolean member.
  mutating func boolean(_ members: [JSON.Member], _ name: String, _ path: String) -> Bool? {
    guard let value = members.first(where: { $0.name == name })?.value else { return nil }
    guard case .boolean(let boolean) = value else {
      report(.memberType, "\(path).\(name)")
      return nil
    }
    return boolean
  }

  /// An array member that may not be empty when it is there.
  mutating func array(_ members: [JSON.Member], _ name: String, _ path: String) -> [JSON] {
    guard let value = members.first(where: { $0.name == name })?.value else { return [] }
    guard case .array(let elements) = value else {
      report(.memberType, "\(path).\(name)")
      return []
    }
    if elements.isEmpty { report(.noEmptyValues, "\(path).\(name)") }
    return elements
  }

  /// An absolute URL.
  mutating func url(_ members: [JSON.Member], _ name: String, _ path: String, isRequired: Bool = false) {
    guard let text = text(members, name, path, isRequired: isRequired), !text.isEmpty else { return }
    if WireFormat.scheme(of: text) == nil { report(.absoluteURL, "\(path).\(name)") }
  }

  /// A UUID, optionally as urn:uuid.
  mutating func uuid(_ members: [JSON.Member], _ path: String) -> String? {
    guard let text = text(members, "uuid", path) else { return nil }
    let bare = text.hasPrefix("urn:uuid:") ? String(text.dropFirst(9)) : text
    if !WireFormat.isUUID(bare) { report(.uuid, "\(path).uuid") }
    return bare.lowercased()
  }

  /// The `extension` member, an object wherever it stands.
  mutating func extensions(_ members: [JSON.Member], _ path: String) {
    guard let value = members.first(where: { $0.name == "extension" })?.value else { return }
    if value.objectMembers == nil { report(.memberType, "\(path).extension") }
  }

  /// A Coding.
  mutating func coding(_ json: JSON, _ path: String, needsDisplay: Bool = false) {
    guard let members = object(json, path) else { return }
    text(members, "code", path, isRequired: true)
    text(members, "system", path, isRequired: true)
    let display = text(members, "display", path)
    if needsDisplay, display == nil { report(.overrideReasonDisplay, "\(path).display") }
    extensions(members, path)
  }
}

extension JSON {
  /// The members when this is an object.
  var objectMembers: [JSON.Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }
}
