// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

/// What lies there is changed while the root key is replaced: nothing is lost, and nothing said that is not so.
@Suite struct DisturbedRootKeyTests {
  private typealias Replacement = RootKeyReplacementTests

  /// Another process on this folder ended it: what this one goes on with is looked at anew.
  @Test(arguments: TestStore.atHand) func whoeverFindsTheNewKeyAloneLooksAnew(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Replacement.fill(trail, 1...200)
    try await Replacement.replace(directory, trail)
    let both = try Replacement.file(directory)
    let before = try Replacement.wrapped(trail.store)
    await #expect(throws: AuditError(.rootKeyUnfinished)) {
      try await trail.finishRootKey(now: { Replacement.end }) { _, _ in
        try? directory.data.write(Array(both[..<32]), to: directory.data.rootKey)
      }
    }
    let after = try Replacement.wrapped(trail.store)
    #expect(before.count { after[$0.key] == $0.value } > 100, "it stopped")
    #expect(try Replacement.steps(directory).map(\.entry.outcome) == ["begun"])
    try directory.data.write(both, to: directory.data.rootKey)
    try await trail.finishRootKey(now: { Replacement.end })
    #expect(try Replacement.verify(directory, under: Replacement.file(directory)).opened == 200)
    try trail.close()
  }

  /// Another file is laid in the place of the two keys while data keys lie under both.
  @Test(arguments: TestStore.atHand) func aFileThatWasPutBackLosesNothing(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Replacement.fill(trail, 1...200)
    let old = try Replacement.file(directory)
    try directory.data.prepareRootKey()
    let both = try Replacement.file(directory)
    try await Replacement.replace(directory, trail)
    await #expect(throws: AuditError(.keyUnusable)) {
      try await trail.finishRootKey(now: { Replacement.end }) { _, _ in
        try? directory.data.write(old, to: directory.data.rootKey)
      }
    }
    #expect(try Replacement.steps(directory).count == 1)
    // What this process knows is the only copy.
    try await trail.finishRootKey(now: { Replacement.end })
    #expect(try Replacement.file(directory) == Array(both[..<32]))
    let result = try Replacement.verify(directory, under: Replacement.file(directory))
    #expect(result.isIntact && result.opened == 200)
    try trail.close()
  }

  /// After all data keys were looked at, too.
  @Test(arguments: TestStore.atHand) func aFileThatWasPutBackLateIsNotTakenForDone(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Replacement.fill(trail, 1...100)
    let old = try Replacement.file(directory)
    try await Replacement.replace(directory, trail)
    await #expect(throws: AuditError(.keyUnusable)) {
      try await trail.finishRootKey(now: { Replacement.end }) { last, end in
        if last == end { try? directory.data.write(old, to: directory.data.rootKey) }
      }
    }
    #expect(try Replacement.steps(directory).count == 1)
    try await trail.finishRootKey(now: { Replacement.end })
    #expect(try Replacement.verify(directory, under: Replacement.file(directory)).opened == 100)
    try trail.close()
  }

  /// Behind a data key with the highest number that there is comes none.
  @Test(arguments: TestStore.atHand) func theHighestNumberIsTheLast(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let filled = try AuditTrail(directory: directory.data)
    try await Replacement.fill(filled, 1...70)
    let before = try Replacement.wrapped(filled.store)
    try filled.close()
    try directory.tamper(
      """
      INSERT INTO subject_key SELECT \(Int64.max), pseudonym, flip(wrapped, 30) FROM subject_key
      WHERE id = (SELECT min(id) FROM subject_key)
      """)
    let trail = try AuditTrail(directory: directory.data)
    try await Replacement.replace(directory, trail)
    await #expect(throws: AuditError(.keyChanged)) { try await trail.finishRootKey(now: { Replacement.end }) }
    let after = try Replacement.wrapped(trail.store)
    #expect(before.count == 70 && after.count == 71 && before.allSatisfy { after[$0.key] != $0.value })
    try trail.close()
  }

  /// A data key out of an older copy, behind the one who wraps them anew; and once nobody needs the old key any more.
  @Test(arguments: TestStore.atHand) func aDataKeyThatWasPutBackIsFound(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let filled = try AuditTrail(directory: directory.data)
    try await Replacement.fill(filled, 1...100)
    let before = try Replacement.wrapped(filled.store)
    try filled.close()
    // Knows no data key by heart.
    let trail = try AuditTrail(directory: directory.data)
    let number = try #require(
      try trail.store.read { try $0.number("SELECT subject FROM record WHERE sequence = 2") })
    let patient = try AuditReader(directory: directory.data).find(one: 2).entry.patient
    @Sendable func putBack() throws {
      try trail.store.write {
        try $0.execute(
          "UPDATE subject_key SET wrapped = ? WHERE id = ?", [.bytes(before[number]), .number(number)])
      }
    }
    try await Replacement.replace(directory, trail)
    await #expect(throws: AuditError(.rootKeyUnfinished)) {
      try await trail.finishRootKey(now: { Replacement.end }) { last, end in
        if last == end { try? putBack() }
      }
    }
    #expect(try Replacement.file(directory).count == 64 && Replacement.steps(directory).count == 1)
    try await trail.finishRootKey(now: { Replacement.end })
    #expect(try Replacement.file(directory).count == 32)
    #expect(try Replacement.verify(directory, under: Replacement.file(directory)).opened == 100)

    try putBack()
    var entry = fullEntry(2)
    entry.patient = patient
    let asked = entry
    await #expect(throws: AuditError(.keyChanged)) { try await trail.append(asked) }
    try trail.close()
  }
}
