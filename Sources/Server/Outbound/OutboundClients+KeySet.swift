// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOHTTP1

extension OutboundClients {
  /// Fetches a client's key set: two seconds, a bounded number of bytes, no redirect, only to an address that may be called.
  ///
  /// - Returns: nil when it cannot be had, for whatever reason.
  package func keySet(at text: String, isInternal: Bool) async -> KeySetCache.Fetched? {
    guard let entry = try? OutboundPolicy.Entry(text, isInternal: isInternal) else { return nil }
    let deadline = ContinuousClock.now + .seconds(2)
    do {
      let client = try await client(for: entry.base, isInternal: entry.isInternal, deadline: deadline)
      var request = HTTPClientRequest(url: entry.base.text)
      request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
      request.headers.add(name: "user-agent", value: "vigil")
      let budget = FetchBudget(requests: 1, bytes: KeySetCache.mostBytes)
      let (headers, bytes) = try await client.body(of: request, before: deadline) { try budget.take(bytes: $0) }
      return KeySetCache.Fetched(bytes: bytes, maxAge: Self.maxAge(headers["cache-control"]))
    } catch {
      return nil
    }
  }

  /// Seconds an answer may be kept (RFC 9111 section 5.2.2); nil when nothing is said, 0 when it may not be.
  static func maxAge(_ fields: [String]) -> Int64? {
    var age: Int64?
    for directive in fields.joined(separator: ",").lowercased().split(separator: ",") {
      let words = directive.split(separator: "=").map { $0.filter { $0 != " " && $0 != "\"" } }
      if words == ["no-store"] || words == ["no-cache"] { return 0 }
      if words.count == 2, words[0] == "max-age" { age = Int64(words[1]).map { max($0, 0) } }
    }
    return age
  }
}
