// SPDX-License-Identifier: Apache-2.0

/// One HTTP request to the service that is examined, and what came back.
package enum Exchange {
  /// What is sent.
  package struct Request: Sendable {
    /// The method.
    package var method: String
    /// Path and query below the base URL, such as `/cds-services`.
    package var path: String
    /// Header fields.
    package var headers: [String: String]
    /// The body.
    package var body: [UInt8]?
  }

  /// What came back.
  package struct Response: Sendable {
    /// The status.
    package var status: Int
    /// Header fields, their names in lower case.
    package var headers: [String: String]
    /// The body.
    package var body: [UInt8]
    /// Seconds from sending to the last byte.
    package var seconds: Double

    /// A response.
    package init(status: Int, headers: [String: String], body: [UInt8], seconds: Double = 0) {
      self.status = status
      self.headers = headers
      self.body = body
      self.seconds = seconds
    }
  }

  /// The way to the service. It throws when no answer comes at all.
  package typealias Send = @Sendable (Request) async throws -> Response
}
