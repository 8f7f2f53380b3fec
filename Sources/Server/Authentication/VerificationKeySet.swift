// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The public keys of a client: a JSON Web Key Set (RFC 7517 section 5), of which only the usable keys are kept.
package struct VerificationKeySet: Sendable {
  /// The keys by name; a name that several keys have is there with all of them.
  private let keys: [String: [VerificationKey]]

  /// Keys of a set that are read at most.
  private static let mostKeys = 64

  /// No keys.
  package init() {
    keys = [:]
  }

  /// The usable keys of a set; nil when this is none.
  package init?(_ set: Node) async {
    guard set.kind == .object, let list = set["keys"], list.kind == .array, list.count <= Self.mostKeys else {
      return nil
    }
    var keys: [String: [VerificationKey]] = [:]
    for node in list.children {
      // RFC 7517 section 5: keys of types that are not understood are passed over.
      if let key = await VerificationKey(node) { keys[key.id, default: []].append(key) }
    }
    self.keys = keys
  }

  /// The usable keys of a set's text; nil when this is none.
  package init?(_ bytes: [UInt8]) async {
    var limits = Limits()
    limits.bytes = KeySetCache.mostBytes
    limits.depth = 16
    guard let document = try? Document(bytes, syntax: .json, limits: limits) else { return nil }
    await self.init(document.root)
  }

  /// Whether there is none.
  package var isEmpty: Bool { keys.isEmpty }

  /// The key that a signature names; nil when there is none for its algorithm, or more than one.
  package func key(for jws: CompactJWS) -> VerificationKey? {
    // RFC 7517 section 4.5: keys of different types may share a name.
    let fitting = keys[jws.keyID, default: []].filter { $0.algorithm == jws.algorithm }
    return fitting.count == 1 ? fitting[0] : nil
  }
}
