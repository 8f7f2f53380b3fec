// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

/// The clients that are let in.
package struct ClientRegister: Sendable {
  /// The clients, in the operator's order.
  package let clients: [ClientRegistration]
  private let byIssuer: [String: ClientRegistration]

  /// - Throws: `duplicate` when two clients have a name, an issuer or a certificate in common; `incomplete` when there is no
  ///   way to know a client by.
  package init(_ clients: [ClientRegistration]) throws(ClientRegisterError) {
    var byIssuer: [String: ClientRegistration] = [:]
    var (names, certificates): (Set<String>, Set<String>) = ([], [])
    for client in clients {
      guard names.insert(client.id).inserted, certificates.isDisjoint(with: client.certificates) else {
        throw ClientRegisterError(.duplicate, at: client.id)
      }
      certificates.formUnion(client.certificates)
      if let issuer = client.issuer {
        guard byIssuer.updateValue(client, forKey: issuer) == nil else {
          throw ClientRegisterError(.duplicate, at: client.id)
        }
        // Keys are where the client publishes them, or here; two places could disagree.
        guard client.keySetURL == nil || client.keys.isEmpty, client.keySetURL != nil || !client.keys.isEmpty else {
          throw ClientRegisterError(.incomplete, at: client.id)
        }
      } else if client.certificates.isEmpty {
        throw ClientRegisterError(.incomplete, at: client.id)
      }
    }
    self.clients = clients
    self.byIssuer = byIssuer
  }

  /// The client whose tokens an issuer makes.
  func client(issuer: String) -> ClientRegistration? { byIssuer[issuer] }

  /// The client of which a certificate bears a name.
  func client(certificateNames names: Set<String>) -> ClientRegistration? {
    clients.first { !$0.certificates.isDisjoint(with: names) }
  }

  /// Reads a file such as
  ///
  ///     {"clients": [{"id": "ehr", "issuer": "https://ehr.example.org", "jku": "https://ehr.example.org/jwks.json"}]}
  ///
  /// Members of a client: `id`, `issuer`, `jku` or `jwks`, `internal`, `tenants`, `audiences`, `certificates`, `roles`,
  /// `strict`, `requestsPerSecond`. Any other is an error: a slip of the pen must not open a door.
  package static func read(_ path: String) async throws(ClientRegisterError) -> ClientRegister {
    guard let data = FileManager.default.contents(atPath: path) else { throw ClientRegisterError(.unreadable) }
    let root: Node
    do {
      root = try Document(Array(data), syntax: .json).root
    } catch {
      throw ClientRegisterError(.malformed, at: error.code.rawValue)
    }
    guard let list = root["clients"], list.kind == .array, root.children.allSatisfy({ $0.name == "clients" }) else {
      throw ClientRegisterError(.malformed, at: "clients")
    }
    var clients: [ClientRegistration] = []
    for (position, node) in list.children.enumerated() {
      clients.append(try await ClientRegistration(node, at: "clients[\(position)]"))
    }
    return try ClientRegister(clients)
  }
}

/// Why the clients are not taken as they are configured.
package struct ClientRegisterError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "CLI001"
    case malformed = "CLI002"
    case incomplete = "CLI003"
    case duplicate = "CLI004"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "the file of clients cannot be read"
      case .malformed: "the file of clients has a member that is not known, or not of its kind"
      case .incomplete: "a client needs an issuer with either a key set's address or keys, or certificates"
      case .duplicate: "two clients have a name, an issuer or a certificate in common"
      }
    }
  }

  /// What is wrong.
  package let code: Code
  /// The client or the member it concerns.
  package let place: String?

  init(_ code: Code, at place: String? = nil) {
    self.code = code
    self.place = place
  }

  /// One line, such as `CLI002 the file of clients has a member that is not known, or not of its kind: clients[0].isuer`.
  package var description: String { "\(code.rawValue) \(code.title)" + (place.map { ": \($0)" } ?? "") }
}
