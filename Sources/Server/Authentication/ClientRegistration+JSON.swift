// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR

extension ClientRegistration {
  /// Reads one client of a file.
  ///
  /// - Parameter place: where it stands, for the error.
  init(_ node: Node, at place: String) async throws(ClientRegisterError) {
    guard node.kind == .object, let id = node["id"]?.string, !id.isEmpty else {
      throw ClientRegisterError(.malformed, at: "\(place).id")
    }
    self.init(id: id)
    for member in node.children {
      let name = member.name ?? ""
      let isRead: Bool =
        switch name {
        case "id": true
        case "issuer": Self.read(member.string, into: &issuer)
        case "jku": Self.read(Self.keySetURL(member), into: &keySetURL)
        case "jwks": Self.read(await VerificationKeySet(member).flatMap { $0.isEmpty ? nil : $0 }, into: &keys)
        case "internal": Self.read(member.boolean, into: &isInternal)
        case "tenants": Self.read(Self.texts(member), into: &tenants)
        case "audiences": Self.read(Self.texts(member), into: &audiences)
        case "certificates": Self.read(Self.texts(member), into: &certificates)
        case "roles": Self.read(Self.roles(member), into: &roles)
        case "strict": Self.read(member.boolean.map { $0 ? .strict : .tolerant }, into: &reading)
        case "requestsPerSecond":
          Self.read(member.double.flatMap { $0 > 0 && member.kind == .number ? $0 : nil }, into: &requestsPerSecond)
        default: false
        }
      guard isRead else { throw ClientRegisterError(.malformed, at: "\(place).\(name)") }
    }
  }

  private static func read<Value>(_ value: Value?, into place: inout Value) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  private static func read<Value>(_ value: Value?, into place: inout Value?) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  /// Published over TLS only, but for this machine's own.
  private static func keySetURL(_ node: Node) -> String? {
    node.string.flatMap { (try? OutboundPolicy.Entry($0, isInternal: false)) == nil ? nil : $0 }
  }

  private static func texts(_ node: Node) -> Set<String>? {
    guard node.kind == .array, node.count > 0 else { return nil }
    let texts = node.children.compactMap(\.string).filter { !$0.isEmpty }
    return texts.count == node.count ? Set(texts) : nil
  }

  private static func roles(_ node: Node) -> Set<Role>? {
    guard let texts = texts(node) else { return nil }
    let roles = texts.compactMap(Role.init)
    return roles.count == texts.count ? Set(roles) : nil
  }
}
