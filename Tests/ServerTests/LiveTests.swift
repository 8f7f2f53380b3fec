// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Testing

/// Over a real socket.
@Suite struct LiveTests {
  @Test func answersManyClientsAndRecordsEach() async throws {
    let tested = try ServiceUnderTest()
    let body = ByteBuffer(bytes: try Fixture.bytes("hooks/patient-view-sparse.json"))
    try await tested.application.test(.live) { client in
      let port = try #require(client.port)
      let bodies = try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
        for _ in 0..<64 {
          group.addTask {
            // A connection each.
            let client = TestClient(
              host: "localhost", port: port, configuration: .init(),
              eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton))
            client.connect()
            let response = try await client.post(
              "/cds-services/patient-risk", headers: [.contentType: "application/json"], body: body)
            try await client.shutdown()
            #expect(response.status == .ok)
            return response.body ?? ByteBuffer()
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(bodies.count == 64)
      #expect(Set(bodies).count == 1)
    }
    let records = try tested.records()
    #expect(records.map(\.sequence) == Array(1...64))
    #expect(records.allSatisfy { $0.entry.kind == .answer && $0.entry.duration ?? 0 > 0 })
  }

  @Test func namesTheOriginOfARejection() async throws {
    let tested = try ServiceUnderTest()
    try await tested.application.test(.live) { client in
      let response = try await client.execute(uri: "/cds-services/patient-risk", method: .get)
      #expect(response.status == .methodNotAllowed)
      // The connection survives a refusal whose body was not read.
      let large = try await client.execute(
        uri: "/cds-services/patient-risk", method: .post, headers: [.contentType: "application/json"],
        body: ByteBuffer(repeating: 0x20, count: 11 << 20))
      #expect(large.status == .contentTooLarge)
      #expect(try await client.execute(uri: "/healthz", method: .get).status == .ok)
    }
    let origin = try #require(try tested.records().first?.entry.origin)
    #expect(["127.0.0.1", "::1"].contains(origin))
  }
}
