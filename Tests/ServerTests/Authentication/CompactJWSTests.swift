// SPDX-License-Identifier: Apache-2.0
import FHIR
import Server
import Testing

@Suite struct CompactJWSTests {
  let forge = TokenForge()

  @Test func readsAToken() throws {
    let token = try ClientToken(try forge.token())
    #expect(token.issuer == TokenForge.issuer)
    #expect(token.audience == [TokenForge.externalURL + TokenForge.path])
    #expect(token.jws.algorithm == .es384)
    #expect(token.jws.keyID == "one")
    #expect(token.jws.keySetURL == TokenForge.keySetURL)
    #expect(token.jws.signature.count == 96)
    #expect(token.expires == Instant(milliseconds: 1_773_321_890_000))
  }

  /// A text that is not the one text of its meaning is refused, whatever its signature.
  @Test func refusesOtherSpellings() throws {
    let good = try forge.token()
    let parts = good.split(separator: ".").map(String.init)
    let bad = [
      "", ".", "..", "...", good + ".", "." + good, good + "..", parts[0] + "." + parts[1], parts[0] + "..\(parts[2])",
      "\(parts[0]).\(parts[1]).", good + "=", good + "\n", " " + good, good + " ",
      good.replacing(".", with: " . "), "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])==.\(parts[2])",
      "\(parts[0]).\(parts[1]).\(parts[2])+/", "\(parts[0]).\(parts[1]).\(parts[2])\u{e9}",
      "\(parts[0]).\(parts[1]).A", String(repeating: "A", count: CompactJWS.mostBytes + 1),
    ]
    for text in bad { #expect(throws: TokenRefusal.malformed) { try CompactJWS(text) } }
  }

  /// Bits that are left over and not zero would give one token many texts.
  @Test func refusesBitsLeftOver() throws {
    // 96 bytes are 128 characters without a bit to spare, so the payload is made to have some.
    var forge = forge
    forge.claims["pad"] = "x"
    while forge.claims.encoded().count % 3 == 0 {
      forge.claims["pad"] = .string((forge.claims["pad"]?.string ?? "") + "x")
    }
    var parts = try forge.token().split(separator: ".").map(String.init)
    _ = try CompactJWS(parts.joined(separator: "."))
    let last = try #require(parts[1].last)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let place = try #require(alphabet.firstIndex(of: last))
    parts[1].removeLast()
    parts[1].append(alphabet[place | 1])
    #expect(throws: TokenRefusal.malformed) { try CompactJWS(parts.joined(separator: ".")) }
  }

  @Test(arguments: [
    #"{"alg":"ES384","kid":"one","kid":"one"}"#, #"{"alg":"none","alg":"ES384","kid":"one"}"#,
    #"{"alg":"ES384","kid":"one","crit":["exp"]}"#, #"{"alg":"ES384","kid":"one","crit":[]}"#,
    #"{"alg":"ES384","kid":"one","b64":false}"#, #"{"alg":"ES384","kid":"one","b64":true}"#,
    #"{"alg":"ES384","kid":"one","b64":false,"crit":["b64"]}"#, #"{"alg":"ES384"}"#, #"{"alg":"ES384","kid":""}"#,
    #"{"alg":"ES384","kid":1}"#, #"{"alg":"ES384","kid":null}"#, #"{"alg":"ES384","kid":["one"]}"#, #"{"kid":"one"}"#,
    #"{"alg":["ES384"],"kid":"one"}"#, #"{"alg":"ES384","kid":"one","jku":1}"#, #"{"alg":"ES384","kid":"one",}"#,
    #"{"alg":"ES384","kid":"one"} {}"#, #"["ES384"]"#, "null", "{", "\u{feff}{\"alg\":\"ES384\",\"kid\":\"one\"}",
    #"{'alg':'ES384','kid':'one'}"#, #"{"alg":"ES384","kid":"\ud800"}"#,
  ])
  func refusesHeaders(header: String) throws {
    let token = try forge.sign(Array(header.utf8), forge.claims.encoded())
    #expect(throws: TokenRefusal.malformed) { try CompactJWS(token) }
  }

  @Test(arguments: [
    "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "RS512", "ES256", "ES512", "ES256K",
    "PS384",
    "EdDSA", "Ed25519", "es384", "ES384 ", "ES384\u{0}", "RS384\u{200b}", "RSA-OAEP", "dir",
  ])
  func refusesOtherAlgorithms(name: String) throws {
    var forge = forge
    forge.header["alg"] = .string(name)
    #expect(throws: TokenRefusal.algorithm) { try CompactJWS(try forge.token()) }
  }

  @Test(
    arguments: [
      ("iss", nil), ("iss", ""), ("iss", 1), ("aud", nil), ("aud", []), ("aud", [1]), ("aud", ""), ("exp", nil),
      ("exp", "1773321890"), ("exp", -1), ("iat", nil), ("iat", true), ("jti", nil), ("jti", ""), ("jti", 7),
      ("nbf", "x"),
      ("tenant", 1), ("tenant", .null), ("exp", .number(literal: "1e300")), ("exp", .number(literal: "1e999")),
    ] as [(StaticString, JSON?)])
  func refusesClaims(name: StaticString, value: JSON?) throws {
    var forge = forge
    forge.claims["\(name)"] = value
    let token = try forge.token()
    #expect(throws: TokenRefusal.claims) { try ClientToken(token) }
  }

  @Test func refusesTokensOfAnotherKind() throws {
    for type in ["at+jwt", "JOSE", "secevent+jwt", ""] as [JSON] + [1, .null] {
      var forge = forge
      forge.header["typ"] = type
      let token = try forge.token()
      #expect(throws: TokenRefusal.malformed) { try ClientToken(token) }
    }
    var bare = forge
    bare.header["typ"] = nil
    let token = try bare.token()
    #expect(throws: TokenRefusal.malformed) { try ClientToken(token) }
  }

  @Test func readsWholeAndBrokenSeconds() throws {
    var forge = forge
    forge.claims["exp"] = .number(literal: "1.77332189025e9")
    #expect(try ClientToken(forge.token()).expires == Instant(milliseconds: 1_773_321_890_250))
  }
}
