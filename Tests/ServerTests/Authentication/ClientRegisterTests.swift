// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Server
import Testing

@Suite struct ClientRegisterTests {
  private func read(_ text: String) async throws -> ClientRegister {
    let path = NSTemporaryDirectory() + "vigil-clients-" + UUID().uuidString + ".json"
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await ClientRegister.read(path)
  }

  @Test func readsEveryMember() async throws {
    let key = TokenForge().key.text()
    let register = try await read(
      """
      {"clients": [
        {"id": "ehr", "issuer": "https://ehr.example.org", "jku": "https://ehr.example.org/jwks.json", "internal": true,
         "tenants": ["north"], "audiences": ["x"], "certificates": ["ehr.example.org"], "requestsPerSecond": 50,
         "roles": ["client", "administrator"]},
        {"id": "lab", "issuer": "https://lab.example.org", "jwks": {"keys": [\(key)]}},
        {"id": "prometheus", "certificates": ["monitor.example.org"], "roles": ["monitor"]}
      ]}
      """)
    #expect(register.clients.map(\.id) == ["ehr", "lab", "prometheus"])
    let ehr = register.clients[0]
    #expect(ehr.keySetURL == "https://ehr.example.org/jwks.json")
    #expect(ehr.isInternal)
    #expect(ehr.tenants == ["north"])
    #expect(ehr.audiences == ["x"])
    #expect(ehr.certificates == ["ehr.example.org"])
    #expect(ehr.requestsPerSecond == 50)
    #expect(ehr.roles == [.client, .administrator])
    #expect(register.clients[1].roles == [.client])
    #expect(!register.clients[1].keys.isEmpty)
  }

  @Test(
    arguments: [
      ("{}", .malformed), ("[]", .malformed), (#"{"clients": [], "client": []}"#, .malformed),
      (#"{"clients": [{"issuer": "https://a"}]}"#, .malformed), (#"{"clients": [{"id": "a"}]}"#, .incomplete),
      (#"{"clients": [{"id": "a", "issuer": "https://a"}]}"#, .incomplete),
      (#"{"clients": [{"id": "a", "issuer": "https://a", "jku": "http://a/jwks"}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "issuer": "https://a", "jku": "https://u:p@a/jwks"}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "issuer": "https://a", "jwks": {"keys": []}}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "isuer": "https://a", "jku": "https://a/jwks"}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "certificates": []}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "certificates": ["a"], "roles": ["root"]}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "certificates": ["a"], "requestsPerSecond": 0}]}"#, .malformed),
      (#"{"clients": [{"id": "a", "certificates": ["a"]}, {"id": "a", "certificates": ["b"]}]}"#, .duplicate),
      (#"{"clients": [{"id": "a", "certificates": ["a"]}, {"id": "b", "certificates": ["a"]}]}"#, .duplicate),
      (
        #"{"clients": [{"id": "a", "issuer": "https://a", "jku": "https://a/1"},"#
          + #"{"id": "b", "issuer": "https://a", "jku": "https://a/2"}]}"#, .duplicate
      ),
    ] as [(String, ClientRegisterError.Code)])
  func refusesSlipsOfThePen(text: String, code: ClientRegisterError.Code) async throws {
    await #expect(performing: { try await read(text) }, throws: { ($0 as? ClientRegisterError)?.code == code })
  }

  @Test func saysThatAFileIsMissing() async {
    await #expect(
      performing: { try await ClientRegister.read("/nowhere/clients.json") },
      throws: { ($0 as? ClientRegisterError)?.code == .unreadable })
  }
}
