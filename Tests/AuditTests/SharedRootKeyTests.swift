// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// Another root key on a trail that several processes write, each with a folder of its own.
@Suite(.enabled(if: TestStore.atHand.contains(.postgreSQL), TestStore.missing))
struct SharedRootKeyTests {
  private static let end = Instant(milliseconds: 1_800_000_060_000)

  private func bring(from directory: TemporaryDirectory, to other: TemporaryDirectory) throws {
    try other.data.write(RootKeyReplacementTests.file(directory), to: other.data.rootKey)
  }

  private func steps(_ directory: TemporaryDirectory) throws -> [String?] {
    var filter = AuditReader.Filter()
    filter.kind = .rootKey
    return try AuditReader(directory: directory.data).list(filter, limit: 99).reversed().map(\.entry.outcome)
  }

  /// Who has not got it answers nobody, puts nothing under the old one, and goes on by itself once the file is there.
  @Test func whoHasNotGotItWaitsForIt() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...100)
    _ = try await trails[1].append(RootKeyReplacementTests.entry(5))
    await #expect(throws: AuditError(.rootKeyUnprepared)) {
      try await trails[0].replaceRootKey(RootKeyReplacementTests.deed)
    }
    try await RootKeyReplacementTests.replace(directories[0], trails[0])
    let both = try RootKeyReplacementTests.file(directories[0])
    for number in [5, 50, 200] {
      await #expect(throws: AuditError(.keyUnusable)) {
        try await trails[1].append(RootKeyReplacementTests.entry(number))
      }
    }
    try await trails[0].finishRootKey(now: { Self.end })
    let reader = try AuditReader(directory: directories[1].data)
    #expect(throws: AuditError(.keyUnusable)) { try reader.record(50) }
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directories[1].data) }

    try directories[1].data.write(both, to: directories[1].data.rootKey)
    #expect(try reader.record(50).entry.payload != nil)
    for number in [5, 200] { _ = try await trails[1].append(RootKeyReplacementTests.entry(number)) }
    try await trails[1].finishRootKey(now: { Self.end })
    for directory in directories {
      #expect(try RootKeyReplacementTests.file(directory) == Array(both[..<32]))
      let result = try RootKeyReplacementTests.verify(directory, under: RootKeyReplacementTests.file(directory))
      #expect(result.isIntact && result.opened == 103 && result.boundKeys == 101, "\(result.faults.prefix(3))")
    }
    #expect(try steps(directories[1]) == ["begun", "done"])
  }

  /// The process that began ends; both others go on with it, while all three write.
  @Test func othersGoOnWithIt() async throws {
    let (directories, trails) = try TemporaryDirectory.processes()
    try await RootKeyReplacementTests.fill(trails[0], 1...300)
    try directories[0].data.prepareRootKey()
    try bring(from: directories[0], to: directories[1])
    let third = try directories[0].copy()
    let begun = try AuditTrail(directory: third.data)
    _ = try await begun.replaceRootKey(RootKeyReplacementTests.deed)
    try begun.close()

    async let calls: Void = RootKeyReplacementTests.fill(trails[0], 200...400)
    async let others: Void = RootKeyReplacementTests.fill(trails[1], 250...450)
    // Each has heard of it by its first commit.
    for (number, trail) in trails.enumerated() {
      _ = try await trail.append(RootKeyReplacementTests.entry(500 + number))
    }
    // Where the other comes first one of them is told to look anew.
    async let one: Void? = try? trails[0].finishRootKey(now: { Self.end })
    async let other: Void? = try? trails[1].finishRootKey(now: { Self.end })
    _ = await (one, other)
    for trail in trails { try await trail.finishRootKey(now: { Self.end }) }
    try await calls
    try await others
    #expect(try steps(third) == ["begun", "done"])
    for directory in directories {
      #expect(try RootKeyReplacementTests.file(directory).count == 32)
      let result = try RootKeyReplacementTests.verify(directory, under: RootKeyReplacementTests.file(directory))
      #expect(result.isIntact && result.opened == 704 && result.boundKeys == 452, "\(result.faults.prefix(3))")
    }
    // The third's folder still has both: its next start leaves one.
    let next = try AuditTrail(directory: third.data)
    try await next.finishRootKey(now: { Self.end })
    #expect(try RootKeyReplacementTests.file(third) == RootKeyReplacementTests.file(directories[0]))
  }
}
