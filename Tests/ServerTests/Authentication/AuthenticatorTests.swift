// SPDX-License-Identifier: Apache-2.0
import CryptoExtras
import FHIR
import Foundation
import Server
import Testing

/// A door with its clients, a folder of its own and a publisher of key sets.
final class Door: Sendable {
  let forge = TokenForge()
  let publisher: Publisher
  let keySets: KeySetCache
  let store: ReplayStore
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "vigil-door-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = try ReplayStore(path: folder + "/tokens.sqlite", boot: "one", now: TokenForge.now)
    publisher = Publisher(try forge.keySet())
    keySets = publisher.cache()
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  static let ehr: ClientRegistration = {
    var client = ClientRegistration(id: "ehr")
    client.issuer = TokenForge.issuer
    client.keySetURL = TokenForge.keySetURL
    return client
  }()

  func ask(
    _ token: String, calling path: String = TokenForge.path, certificateNames: Set<String> = [],
    clients: [ClientRegistration] = [ehr], at now: Instant = TokenForge.now
  ) async throws -> String {
    let authenticator = Authenticator(
      externalURL: TokenForge.externalURL, register: try ClientRegister(clients), keySets: keySets, replays: store)
    return try await authenticator.client(
      with: Authenticator.Credentials(authorization: ["Bearer \(token)"], certificateNames: certificateNames),
      calling: path, now: now
    ).client.id
  }
}

@Suite struct AuthenticatorTests {
  /// A name that may say who it is about is on record by its digest.
  @Test func aNameThatMaySayMoreIsKeptAsItsDigest() {
    func name(_ id: String, _ subject: String? = nil) -> String { ClientToken.recordedName(id, subject: subject) }
    for id in ["urn:uuid:0f2c1a6e-7d0b-4a55-9a3f-0c1f2f3a4b5c", "a.b_c~d-e/17", String(repeating: "x", count: 128)] {
      #expect(name(id) == id && name(id, "j.doe") == id && name(id, "") == id)
    }
    for id in ["jane@example.org", "Jane Doe 17", "j\u{e4}ne", String(repeating: "x", count: 129)] {
      #expect(name(id).wholeMatch(of: #/sha256:[0-9a-f]{64}/#) != nil)
    }
    #expect(name("J.Doe:1700000000", "j.doe") != "J.Doe:1700000000")
    // printf 'jane@example.org' | sha256sum
    #expect(name("jane@example.org") == "sha256:13d855ce931073d4924ac377cda0e9a543908b9d6607727c8033d729c65eced6")
  }

  @Test func letsAClientIn() async throws {
    let door = try Door()
    #expect(try await door.ask(door.forge.token()) == "ehr")
    var rsa = door.forge
    rsa.header["alg"] = "RS384"
    rsa.header["kid"] = "two"
    rsa.claims["jti"] = "another"
    #expect(try await door.ask(rsa.rsaToken()) == "ehr")
    #expect(door.publisher.asked == [TokenForge.keySetURL])
  }

  @Test func refusesATokenThatWasShown() async throws {
    let door = try Door()
    let token = try door.forge.token()
    _ = try await door.ask(token)
    await #expect(throws: TokenRefusal.replayed) { try await door.ask(token) }
    // Signed again, so that the text differs, but the same token.
    let again = try door.forge.token()
    #expect(again != token)
    await #expect(throws: TokenRefusal.replayed) { try await door.ask(again) }
  }

  /// The order of the checks: with everything wrong, what is said is the first, and nothing was fetched or remembered.
  @Test func checksInTheSpecifiedOrder() async throws {
    let door = try Door()
    var client = Door.ehr
    client.tenants = ["north"]
    var forge = door.forge
    forge.header["jku"] = "https://evil.example.org/jwks.json"
    forge.claims["iss"] = "https://evil.example.org"
    forge.claims["aud"] = "https://evil.example.org/x"
    forge.claims["exp"] = 1_773_321_000
    forge.claims["tenant"] = "south"
    func refusal() async throws -> TokenRefusal? {
      do {
        _ = try await door.ask(String(try forge.token().dropLast(4)) + "AAAA", clients: [client])
        return nil
      } catch let refusal as TokenRefusal {
        return refusal
      }
    }
    #expect(try await refusal() == .issuer)
    forge.claims["iss"] = .string(TokenForge.issuer)
    #expect(try await refusal() == .audience)
    forge.claims["aud"] = ["https://x.example.org", .string(TokenForge.externalURL + TokenForge.path)]
    #expect(try await refusal() == .expired)
    forge.claims["exp"] = 1_773_321_890
    #expect(try await refusal() == .tenant)
    forge.claims["tenant"] = "north"
    #expect(try await refusal() == .keySet)
    #expect(door.publisher.asked == [])
    forge.header["jku"] = .string(TokenForge.keySetURL)
    forge.header["kid"] = "three"
    #expect(try await refusal() == .key)
    forge.header["kid"] = "one"
    #expect(try await refusal() == .signature)
    // The refused ones used up nothing.
    #expect(try await door.ask(forge.token(), clients: [client]) == "ehr")
  }

  @Test func audienceIsTheCalledAddress() async throws {
    let door = try Door()
    let good: [(String, String)] = [
      ("/cds-services", "/cds-services"), ("/cds-services/a", "/cds-services/a"),
      ("/cds-services/a/feedback", "/cds-services/a/feedback"), ("/cds-services/a", "/cds-services/a/feedback"),
    ]
    for (position, (audience, path)) in good.enumerated() {
      var forge = door.forge
      forge.claims["aud"] = .string(TokenForge.externalURL + audience)
      forge.claims["jti"] = .string("good \(position)")
      #expect(try await door.ask(forge.token(), calling: path) == "ehr")
    }
    let bad = [
      "", "/", "/cds-services", "/cds-services/b", "/cds-services/a/", "/cds-services/a/feedback", "/CDS-services/a",
      "/cds-services/a?x=1", "/cds-services/a#x", "/cds-services/../cds-services/a",
    ].map { TokenForge.externalURL + $0 }
    for audience in bad + [
      "https://cds.example.org.evil.org/cds-services/a", "http://cds.example.org/cds-services/a", "a",
    ] {
      var forge = door.forge
      forge.claims["aud"] = .string(audience)
      let token = try forge.token()
      await #expect(throws: TokenRefusal.audience) { try await door.ask(token, calling: "/cds-services/a") }
    }
    // A value that the operator has agreed with this client.
    var client = Door.ehr
    client.audiences = ["sand_man"]
    var forge = door.forge
    forge.claims["aud"] = "sand_man"
    #expect(try await door.ask(forge.token(), clients: [client]) == "ehr")
  }

  @Test func timesHaveALeewayAndALimit() async throws {
    let second = TokenForge.now.milliseconds / 1000
    let cases: [(iat: Int64, exp: Int64, nbf: Int64?, refusal: TokenRefusal?)] = [
      (0, 300, nil, nil), (-300, -59, nil, nil), (-300, -60, nil, .expired), (-300, -61, nil, .expired),
      (60, 300, nil, nil), (61, 300, nil, .notYetValid), (0, 300, -300, nil), (0, 300, 60, nil),
      (0, 300, 61, .notYetValid),
      (0, 3600, nil, nil), (0, 3601, nil, .lifetime), (0, 86_400, nil, .lifetime), (-86_400, 300, nil, .lifetime),
      (60, 3660, nil, nil),
    ]
    let door = try Door()
    for (position, test) in cases.enumerated() {
      var forge = door.forge
      forge.claims["iat"] = .number(Int(second + test.iat))
      forge.claims["exp"] = .number(Int(second + test.exp))
      forge.claims["nbf"] = test.nbf.map { .number(Int(second + $0)) }
      forge.claims["jti"] = .string("\(position)")
      let token = try forge.token()
      if let refusal = test.refusal {
        await #expect(throws: refusal, "\(position)") { try await door.ask(token) }
      } else {
        #expect(try await door.ask(token) == "ehr", "\(position)")
      }
    }
  }

  /// An attacker signs with a key of his own and says where to find it.
  @Test func neverTakesTheTokensWordForAKey() async throws {
    let door = try Door()
    var forge = TokenForge()
    forge.header["jwk"] = forge.key
    forge.header["x5u"] = "https://evil.example.org/certificate.pem"
    forge.header["x5c"] = ["MIIB"]
    let token = try forge.token()
    await #expect(throws: TokenRefusal.signature) { try await door.ask(token) }
    let others = [
      "https://evil.example.org/jwks.json", "https://ehr.example.org/jwks.json?x", "https://ehr.example.org/jwks.json#",
      "https://ehr.example.org@evil.example.org/jwks.json", "https://EHR.example.org/jwks.json",
      "http://ehr.example.org/jwks.json", "https://169.254.169.254/latest/meta-data", "file:///etc/passwd", "",
    ]
    for address in others {
      forge.header["jku"] = .string(address)
      let token = try forge.token()
      await #expect(throws: TokenRefusal.keySet) { try await door.ask(token) }
    }
    #expect(Set(door.publisher.asked) == [TokenForge.keySetURL])
    for name in ["../one", "one'--", "one\u{0}", String(repeating: "x", count: 256), "One"] {
      forge.header["jku"] = .string(TokenForge.keySetURL)
      forge.header["kid"] = .string(name)
      let token = try forge.token()
      await #expect(throws: TokenRefusal.key) { try await door.ask(token) }
    }
  }

  /// The public key's text as the secret of a symmetric algorithm, and the key of one algorithm under the name of the other.
  @Test func algorithmsAreNotConfused() async throws {
    let door = try Door()
    var rsa = door.forge
    rsa.header["alg"] = "ES384"
    rsa.header["kid"] = "two"
    let confused = try rsa.rsaToken()
    await #expect(throws: TokenRefusal.key) { try await door.ask(confused) }
    for name in ["HS256", "HS384", "none"] {
      rsa.header["alg"] = .string(name)
      let token = try rsa.rsaToken()
      await #expect(throws: TokenRefusal.algorithm) { try await door.ask(token) }
    }
  }

  @Test func readsTheAuthorizationFieldStrictly() async throws {
    let door = try Door()
    let authenticator = Authenticator(
      externalURL: TokenForge.externalURL + "/", register: try ClientRegister([Door.ehr]), keySets: door.keySets,
      replays: door.store)
    func refusal(_ fields: [String]) async -> TokenRefusal? {
      do throws(TokenRefusal) {
        _ = try await authenticator.client(
          with: .init(authorization: fields), calling: TokenForge.path, now: TokenForge.now)
        return nil
      } catch {
        return error
      }
    }
    let token = try door.forge.token()
    #expect(await refusal([]) == .absent)
    for fields in [
      ["null"], [""], ["Bearer"], ["Bearer "], ["Basic \(token)"], ["Bearer  \(token)"], [token],
      ["Bearer \(token)", "Bearer \(token)"], ["Bearer \(token), Bearer \(token)"],
    ] as [[String]] {
      #expect(await refusal(fields) == .malformed, "\(fields.count)")
    }
    #expect(await refusal(["bearer \(token)"]) == nil)
  }

  @Test func certificatesBindClients() async throws {
    let door = try Door()
    var both = Door.ehr
    both.certificates = ["ehr.example.org"]
    var alone = ClientRegistration(id: "monitor")
    alone.certificates = ["monitor.example.org"]
    alone.roles = [.monitor]
    let token = try door.forge.token()
    await #expect(throws: TokenRefusal.certificate) { try await door.ask(token, clients: [both]) }
    await #expect(throws: TokenRefusal.certificate) {
      try await door.ask(token, certificateNames: ["monitor.example.org"], clients: [both, alone])
    }
    #expect(try await door.ask(token, certificateNames: ["x", "ehr.example.org"], clients: [both]) == "ehr")
    let authenticator = Authenticator(
      externalURL: TokenForge.externalURL, register: try ClientRegister([both, alone]), keySets: door.keySets,
      replays: door.store)
    func client(_ names: Set<String>) async throws(TokenRefusal) -> String {
      try await authenticator.client(
        with: .init(authorization: [], certificateNames: names), calling: "/metrics", now: TokenForge.now
      ).client.id
    }
    #expect(try await client(["monitor.example.org"]) == "monitor")
    await #expect(throws: TokenRefusal.certificate) { try await client(["other.example.org"]) }
    // It has to bear a token as well.
    await #expect(throws: TokenRefusal.absent) { try await client(["ehr.example.org"]) }
  }
}
