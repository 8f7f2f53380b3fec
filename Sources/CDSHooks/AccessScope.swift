// SPDX-License-Identifier: Apache-2.0

/// What an access token lets its bearer do with FHIR resources (SMART App Launch, Scopes and Launch Context).
///
/// Both spellings are read: version 1 `patient/Observation.read` of CDS Hooks 2.0 and version 2
/// `patient/Observation.rs?category=laboratory` of the 3.0 ballot, whose own examples still show the former.
public struct AccessScope: Sendable, Hashable {
  /// Whose resources.
  public enum Compartment: String, Sendable, CaseIterable {
    /// Those of one patient.
    case patient
    /// Those the user may see.
    case user
    /// Those the client may see by itself.
    case system
  }

  /// What may be done with them.
  public struct Permissions: OptionSet, Sendable, Hashable {
    /// One bit a permission.
    public let rawValue: UInt8

    /// Permissions by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `c`
    public static let create = Permissions(rawValue: 1)
    /// `r`
    public static let read = Permissions(rawValue: 2)
    /// `u`
    public static let update = Permissions(rawValue: 4)
    /// `d`
    public static let delete = Permissions(rawValue: 8)
    /// `s`
    public static let search = Permissions(rawValue: 16)
  }

  /// Whose resources.
  public let compartment: Compartment
  /// Their type; nil for every type.
  public let resourceType: String?
  /// What may be done with them.
  public let permissions: Permissions
  /// The search parameters that narrow it (version 2), as they stand; nil for none.
  public let narrowing: String?

  /// Reads one scope; nil for one that is not about resources, such as `launch` or `openid`, or is not well-formed.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let compartment = Compartment(rawValue: String(parts[0])),
      let dot = parts[1].firstIndex(of: ".")
    else { return nil }
    let type = parts[1][..<dot]
    guard type == "*" || !type.isEmpty && type.utf8.allSatisfy({ WireFormat.isLetter($0) }) else { return nil }
    let rest = parts[1][parts[1].index(after: dot)...]
    let pieces = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let permissions = Self.permissions(String(pieces[0])) else { return nil }
    self.compartment = compartment
    resourceType = type == "*" ? nil : String(type)
    self.permissions = permissions
    narrowing = pieces.count == 2 ? String(pieces[1]) : nil
  }

  /// The scopes about resources in a `scope` value: words separated by spaces (RFC 6749 section 3.3).
  public static func list(_ text: String) -> [AccessScope] {
    text.split(separator: " ").compactMap { AccessScope($0) }
  }

  private static func permissions(_ text: String) -> Permissions? {
    switch text {
    // Version 1 says read for both ways to read, and write for all ways to change.
    case "read": return [.read, .search]
    case "write": return [.create, .update, .delete]
    case "*": return [.create, .read, .update, .delete, .search]
    default: break
    }
    // Version 2: some of c, r, u, d and s, in this order.
    let letters: [(Character, Permissions)] = [
      ("c", .create), ("r", .read), ("u", .update), ("d", .delete), ("s", .search),
    ]
    var found: Permissions = []
    var rest = letters[...]
    for character in text {
      guard let place = rest.firstIndex(where: { $0.0 == character }) else { return nil }
      found.insert(rest[place].1)
      rest = rest[(place + 1)...]
    }
    return found.isEmpty ? nil : found
  }
}
