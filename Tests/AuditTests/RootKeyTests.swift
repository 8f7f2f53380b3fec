// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// A verification says whether it could open anything, and why not.
@Suite struct RootKeyTests {
  private func verify(_ directory: TemporaryDirectory) throws -> TrailVerification {
    let log = try directory.data.loadLogKey()
    return try TrailVerification(directory.data, against: .init(log: log, rootOf: directory.data))
  }

  @Test(arguments: TestStore.atHand) func aKeyThatCannotBeUsedIsAFaultAndAnAbsentOneIsSaid(_ store: TestStore)
    async throws
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    try trail.close()
    let path = directory.data.rootKey
    let files = FileManager.default
    let key = try #require(files.contents(atPath: path))
    let whole = try verify(directory)
    #expect(whole.faults == [] && whole.hasRoot && whole.opened == 3 && whole.json["rootKey"] == .boolean(true))

    try files.removeItem(atPath: path)
    let without = try verify(directory)
    #expect(without.isIntact && !without.hasRoot && without.opened == 0 && without.json["rootKey"] == .boolean(false))

    let unusable: [(String, () throws -> Void)] = [
      ("too short", { try directory.data.write(Array(key.dropLast()), to: path) }),
      ("too long", { try directory.data.write(Array(key) + [0], to: path) }),
      ("empty", { try directory.data.write([], to: path) }),
      ("readable by others", { try directory.data.write(Array(key), to: path, mode: 0o640) }),
      ("a folder", { try files.createDirectory(atPath: path, withIntermediateDirectories: false) }),
      ("a link to nowhere", { try files.createSymbolicLink(atPath: path, withDestinationPath: "/nonexistent/key") }),
    ]
    for (what, make) in unusable {
      try make()
      let found = try verify(directory)
      #expect(found.faults == [TrailFault(.rootKeyUnusable)] && !found.isIntact && found.opened == 0, "\(what)")
      // The rest was looked at all the same.
      #expect(found.records == 3 && found.checkpoints == whole.checkpoints, "\(what)")
      #expect(throws: AuditError(.keyUnusable)) { try AuditReader(directory: directory.data) }
      try files.removeItem(atPath: path)
    }
  }

  /// No record says which root key is in force, and what lies there is another's: that is said, and not that each data key was changed.
  @Test(arguments: TestStore.atHand) func anothersKeyIsNamedOnce(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...5 { _ = try await trail.append(RootKeyReplacementTests.entry(number)) }
    try trail.close()
    let key = try RootKeyReplacementTests.file(directory)
    try directory.data.write(key.map { $0 ^ 1 }, to: directory.data.rootKey)
    let found = try verify(directory)
    #expect(found.faults == [TrailFault(.rootKeyUnusable)] && found.opened == 0 && found.boundKeys == 0)
    try directory.data.write(key, to: directory.data.rootKey)
    let whole = try verify(directory)
    #expect(whole.faults == [] && whole.opened == 5)
  }

  /// The old key is taken away and nothing else: neither one that was prepared since, nor what somebody laid there.
  @Test func theOldKeyAloneIsTakenAway() throws {
    let directory = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.data.path, withIntermediateDirectories: true)
    func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
    let (next, new, old, other) = (key(4), key(3), key(2), key(1))
    for (before, after, isThere) in [
      (new + old, new, true), (new, new, true), (next + new, next + new, true), (new + other, new + other, true),
      (old, new + old, false), (other + old, new + other, false),
    ] {
      try directory.data.write(before, to: directory.data.rootKey)
      let keep = { try directory.data.keepRootKey(RootKey(bytes: new), insteadOf: RootKey(bytes: old)) }
      if isThere { try keep() } else { #expect(throws: AuditError(.keyUnusable), performing: keep) }
      #expect(try RootKeyReplacementTests.file(directory) == after)
    }
  }
}
