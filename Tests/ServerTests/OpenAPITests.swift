// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing
import Yams

/// The description that is served is docs/openapi.yaml, and it describes what there is.
/// `VIGIL_UPDATE_GOLDENS=1 swift test --filter OpenAPITests` writes the served form anew.
@Suite struct OpenAPITests {
  static func yaml() throws -> JSON {
    let text = try String(contentsOf: URL(filePath: Fixture.root + "/docs/openapi.yaml"), encoding: .utf8)
    return json(try #require(try Yams.compose(yaml: text)))
  }

  private static func json(_ node: Yams.Node) -> JSON {
    if let mapping = node.mapping {
      return .object(mapping.map { JSON.Member($0.key.string ?? "", json($0.value)) })
    }
    if let sequence = node.sequence { return .array(sequence.map(json)) }
    guard let scalar = node.scalar, scalar.style == .plain else { return .string(node.string ?? "") }
    if let flag = node.bool { return .boolean(flag) }
    if let number = node.int { return .number(number) }
    return .string(scalar.string)
  }

  @Test func whatIsServedIsTheDescription() async throws {
    let path = Fixture.root + "/Sources/Server/Resources/openapi.json"
    let described = try Self.yaml().encoded()
    if ProcessInfo.processInfo.environment["VIGIL_UPDATE_GOLDENS"] != nil {
      try Data(described).write(to: URL(filePath: path))
    }
    #expect(try Array(Data(contentsOf: URL(filePath: path))) == described)
    let response = try await ServiceUnderTest().send(.get, "/openapi.json")
    #expect(response.status == .ok && response.headers[.contentType] == "application/json")
    #expect(Array(response.body.readableBytesView) == described)
  }

  /// Every path is there with the methods that it says, and no other method is.
  @Test func everyPathIsThere() async throws {
    guard case .object(let paths)? = try Self.yaml()["paths"] else {
      Issue.record("no paths")
      return
    }
    let tested = try ServiceUnderTest()
    let values = ["{id}": "patient-risk", "{event}": "1-0", "{model}": "small-diagnosis", "{version}": "0.0.1"]
    for path in paths {
      let name = values.reduce(path.name) { $0.replacing($1.key, with: $1.value) }
      let options = try await tested.send(.options, name)
      #expect(options.status == .noContent, "\(name)")
      let allowed = Set((options.headers[.allow] ?? "").split(separator: ", ").map { $0.lowercased() })
      guard case .object(let methods) = path.value else { continue }
      #expect(allowed == Set(methods.map(\.name)).union(["options"]), "\(name)")
    }
  }
}
