// SPDX-License-Identifier: Apache-2.0
import Foundation
import Server
import Testing

/// One file, the environment before it, the command line before both; nothing is passed over in silence.
@Suite struct ConfigurationFileTests {
  static let description = """
    {"serializationVersion": 0, "command": {"commandName": "serve", "arguments": [
    {"kind": "option", "names": [{"kind": "long", "name": "port"}], "isRepeating": false, "abstract": "TCP port.", "defaultValue": "8080"},
    {"kind": "option", "names": [{"kind": "long", "name": "tls-certificate"}], "isRepeating": false, "abstract": "Certificate."},
    {"kind": "option", "names": [{"kind": "long", "name": "fhir-server"}], "isRepeating": true, "abstract": "Servers."},
    {"kind": "flag", "names": [{"kind": "long", "name": "strict"}], "isRepeating": false, "abstract": "Strict."},
    {"kind": "flag", "names": [{"kind": "short", "name": "h"}, {"kind": "long", "name": "help"}], "isRepeating": false}]}}
    """

  static func file(
    _ text: String?, _ environment: [String: String] = [:]
  ) async throws -> ConfigurationFile {
    let path = NSTemporaryDirectory() + "vigil-configuration-\(UUID().uuidString).yaml"
    if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await ConfigurationFile(
      text == nil ? nil : path, environment: environment, keys: try ConfigurationKey.all(description))
  }

  @Test func theKeysAreTheOptions() throws {
    let keys = try ConfigurationKey.all(Self.description)
    #expect(keys.map(\.name) == ["port", "tls-certificate", "fhir-server", "strict"])
    #expect(keys.map(\.variable)[1] == "VIGIL_SERVE_TLS_CERTIFICATE")
    #expect(ConfigurationKey.page(keys).contains("| `port` | `VIGIL_SERVE_PORT` | 8080 | TCP port. |"))
  }

  @Test func theEnvironmentGoesBeforeTheFileAndTheCommandLineBeforeBoth() async throws {
    let text = """
      # comment
      port: 8443
      strict: true
      tls-certificate: /etc/a b.pem
      fhir-server:
        - https://a.example/fhir
        - https://b.example/fhir
      """
    let file = try await Self.file(text, ["VIGIL_SERVE_PORT": "9000", "VIGIL_SERVE_STRICT": "false", "PORT": "1"])
    #expect(
      file.arguments(beside: []) == [
        "--port=9000", "--tls-certificate=/etc/a b.pem", "--fhir-server=https://a.example/fhir",
        "--fhir-server=https://b.example/fhir",
      ])
    #expect(file.settings.map(\.source) == ["environment", "file", "file", "environment"])
    let given = ["--port", "1", "--fhir-server=https://c.example"]
    #expect(file.arguments(beside: given) == ["--tls-certificate=/etc/a b.pem"])
    #expect(
      try await Self.file(nil, ["VIGIL_SERVE_FHIR_SERVER": "https://a.example,https://b.example"]).settings[0].values
        .count
        == 2)
    #expect(try await Self.file("# nothing\n").settings.isEmpty)
    #expect(try await Self.file(nil).settings.isEmpty)
  }

  static let wrong: [(text: String, code: ConfigurationFileError.Code, line: Int?)] = [
    ("port: 1\nprot: 2\n", .unknownKey, 2), ("- port\n", .malformed, 1), ("port: [1, 2]\n", .mistyped, 1),
    ("strict: yes please\n", .mistyped, 1), ("fhir-server: {a: b}\n", .mistyped, 1),
    ("port: 1\nport: 2\n", .malformed, nil),
    ("port: \"1\n", .malformed, nil), ("tls: {certificate: a}\n", .unknownKey, 1), ("help: true\n", .unknownKey, 1),
  ]

  @Test(arguments: wrong.indices)
  func whatIsNotMeantIsAnError(_ index: Int) async throws {
    let (text, code, line) = Self.wrong[index]
    do {
      _ = try await Self.file(text)
      Issue.record("taken: \(text)")
    } catch let error as ConfigurationFileError {
      #expect(error.code == code, "\(error)")
      if let line { #expect(error.line == line, "\(error)") }
      if text.contains("prot") { #expect(error.nearest == "port") }
    }
  }

  @Test func aFileThatIsNotThereIsAnError() async throws {
    await #expect(throws: ConfigurationFileError.self) {
      try await ConfigurationFile("/nowhere.yaml", environment: [:], keys: [])
    }
  }
}
