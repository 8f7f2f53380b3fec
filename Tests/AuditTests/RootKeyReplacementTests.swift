// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Synchronization
import Testing

/// Another root key: everything opens at every moment, with what lies in the folder, and in the end under the new one alone.
@Suite struct RootKeyReplacementTests {
  static let deed = AuditTrail.Deed(user: "j.doe", reason: "yearly", time: Instant(milliseconds: 1_800_000_000_000))
  static let end = Instant(milliseconds: 1_800_000_060_000)

  /// An answer about a patient of its own.
  static func entry(_ number: Int) -> AuditEntry {
    var entry = fullEntry(number)
    entry.patient = (0..<32).map { UInt8(truncatingIfNeeded: (number + 1) >> ($0 % 4 * 8)) }
    return entry
  }

  static func fill(_ trail: AuditTrail, _ numbers: ClosedRange<Int>) async throws {
    try await appendTogether(numbers, to: trail) { entry($0) }
  }

  /// Stored data keys, by their numbers.
  static func wrapped(_ store: any TrailStore) throws -> [Int64: [UInt8]] {
    let rows = try store.read { database in
      try database.query("SELECT id, wrapped FROM subject_key WHERE wrapped IS NOT NULL", []) {
        ($0.number(0) ?? 0, $0.bytes(1) ?? [])
      }
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  static func file(_ directory: TemporaryDirectory) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: directory.data.rootKey)))
  }

  /// Verifies a trail with a root key of these bytes.
  static func verify(_ directory: TemporaryDirectory, under key: [UInt8]) throws -> TrailVerification {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    let folder = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: folder.data.path, withIntermediateDirectories: true)
    try folder.data.write(key, to: folder.data.rootKey)
    anchors.root = try folder.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors)
  }

  /// Puts another key in force; where several processes may write, it was brought to each before.
  @discardableResult
  static func replace(_ directory: TemporaryDirectory, _ trail: AuditTrail) async throws -> Int64 {
    try directory.data.prepareRootKey()
    return try await trail.replaceRootKey(deed)
  }

  /// Records of the root key, oldest first.
  static func steps(_ directory: TemporaryDirectory) throws -> [AuditRecord] {
    var filter = AuditReader.Filter()
    filter.kind = .rootKey
    return try AuditReader(directory: directory.data).list(filter, limit: 99).reversed()
  }

  @Test(arguments: TestStore.atHand) func dataKeysAreWrappedAnew(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...200)
    _ = try await trail.done(.erasure, to: Self.entry(17).patient ?? [])
    let (old, before) = (try Self.file(directory), try Self.wrapped(trail.store))
    // Whoever reads all the while, in another process.
    let reader = try AuditReader(directory: directory.data)
    let readable = try reader.list(limit: 200).compactMap { $0.commitment == nil ? nil : $0.sequence }
    func isReadable() -> Bool {
      readable.allSatisfy { sequence in
        do throws(AuditError) {
          return try reader.record(sequence).entry.payload != nil
        } catch {
          return error.code == .erased
        }
      }
    }

    try directory.data.prepareRootKey()
    let both = try Self.file(directory)
    #expect(both.count == 64 && Array(both[32...]) == old)
    let begun = try await trail.replaceRootKey(Self.deed)
    #expect(try Self.file(directory) == both)
    #expect(isReadable())
    #expect(try Self.wrapped(trail.store) == before)
    // From here on nothing is wrapped under the old one.
    _ = try await trail.append(Self.entry(201))
    await #expect(throws: AuditError(.rootKeyUnfinished)) { try await trail.replaceRootKey(Self.deed) }
    let told = Mutex<[Int64]>([])
    try await trail.finishRootKey(now: { Self.end }) { done, _ in told.withLock { $0.append(done) } }
    #expect(told.withLock(\.count) >= 4 && told.withLock { $0 == $0.sorted() })
    let new = Array(both[..<32])
    #expect(try Self.file(directory) == new)
    #expect(isReadable())
    let after = try Self.wrapped(trail.store)
    #expect(after.count == 200 && before.allSatisfy { after[$0.key] != nil && after[$0.key] != $0.value })

    let records = try Self.steps(directory)
    #expect(records.map(\.entry.outcome) == ["begun", "done"] && records.first?.sequence == begun)
    #expect(records.map(\.entry.origin) == ["j.doe", "j.doe"] && records.map(\.entry.reason) == ["yearly", "yearly"])
    #expect(records.map(\.entry.time) == [Self.deed.time, Self.end] && records.map(\.entry.count) == [nil, 200])
    #expect(records.first?.entry.note == records.last?.entry.note && records.first?.entry.note?.count == 64)
    // All that is done with a patient goes on.
    _ = try await trail.done(.erasure, to: Self.entry(18).patient ?? [])
    _ = try await trail.append(Self.entry(19))
    try trail.close()

    let intact = try Self.verify(directory, under: new)
    #expect(intact.isIntact && intact.opened == 200 && intact.erased == 2, "\(intact.faults.prefix(3))")
    #expect(intact.boundKeys == 199)
    let useless = try Self.verify(directory, under: old)
    // Nobody changed what lies under another key than the one at hand.
    #expect(useless.opened == 0 && useless.faults.map(\.code).filter(\.isFault) == [.rootKeyUnusable])
    if store == .sqlite {
      for path in try FileManager.default.contentsOfDirectory(atPath: directory.data.path) {
        let bytes = try Data(contentsOf: URL(filePath: directory.data.path + "/" + path))
        #expect(bytes.range(of: Data(old)) == nil)
        for wrapped in before.values { #expect(bytes.range(of: Data(wrapped)) == nil) }
      }
    }
    // And once more, by the next start.
    let again = try AuditTrail(directory: directory.data)
    try await Self.replace(directory, again)
    try await again.finishRootKey(now: { Self.end })
    #expect(try Self.file(directory) != new)
    #expect(try Self.verify(directory, under: Self.file(directory)).isIntact)
    try again.close()
  }

  /// The folder as it is between any two steps, as a process leaves it that is killed there.
  @Test func whatIsCutShortGoesOn() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...200)
    let left = Mutex<[TemporaryDirectory]>([])
    @Sendable func leave() { if let copy = try? directory.copy() { left.withLock { $0.append(copy) } } }
    try directory.data.prepareRootKey()
    leave()
    let both = try Self.file(directory)
    _ = try await trail.replaceRootKey(Self.deed)
    leave()
    let before = try Self.wrapped(trail.store)
    try await trail.finishRootKey(now: { Self.end }) { _, _ in leave() }
    // Its record is there and the old key still in the file; and some data keys out of an older copy.
    try directory.data.write(both, to: directory.data.rootKey)
    leave()
    for (id, wrapped) in before where id % 3 == 0 {
      try trail.store.write {
        try $0.execute("UPDATE subject_key SET wrapped = ? WHERE id = ?", [.bytes(wrapped), .number(id)])
      }
    }
    leave()
    try trail.close()

    let copies = left.withLock(\.self)
    #expect(copies.count == 8)
    for (number, copy) in copies.enumerated() {
      #expect(try AuditReader(directory: copy.data).record(150).entry.payload != nil)
      #expect(try Self.verify(copy, under: both).opened == 200)
      let next = try AuditTrail(directory: copy.data)
      _ = try await next.append(Self.entry(300))
      // The first was prepared alone: nothing is to be gone on with.
      #expect(try await next.isReplacingRootKey() == (1...5).contains(number))
      if number == 0 {
        try await next.finishRootKey(now: { Self.end })
        #expect(try Self.file(copy) == both)
        _ = try await next.replaceRootKey(Self.deed)
      }
      try await next.finishRootKey(now: { Self.end })
      try next.close()
      #expect(try Self.file(copy) == Array(both[..<32]), "\(number)")
      let result = try Self.verify(copy, under: Self.file(copy))
      #expect(
        result.isIntact && result.opened == 201 && result.boundKeys == 201, "\(number): \(result.faults.prefix(3))")
      #expect(try Self.steps(copy).map(\.entry.outcome) == ["begun", "done"], "\(number)")
    }
  }

  /// Callers who come all the while, old patients and new ones.
  @Test(arguments: TestStore.atHand) func whoeverCallsMeanwhileIsAnswered(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...300)
    try await Self.replace(directory, trail)
    async let calls: Void = Self.fill(trail, 200...500)
    try await trail.finishRootKey(now: { Self.end })
    try await calls
    try trail.close()
    let result = try Self.verify(directory, under: Self.file(directory))
    #expect(result.isIntact && result.opened == 601 && result.boundKeys == 500, "\(result.faults.prefix(3))")
  }

  @Test(arguments: TestStore.atHand) func withAKeyOfBeforeNobodyStarts(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...3)
    let old = try Self.file(directory)
    try await Self.replace(directory, trail)
    try await trail.finishRootKey(now: { Self.end })
    try trail.close()
    let new = try Self.file(directory)
    try directory.data.write(old, to: directory.data.rootKey)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
    try directory.data.write(Array(new.dropLast()), to: directory.data.rootKey)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
    try directory.data.write(new, to: directory.data.rootKey)
    try AuditTrail(directory: directory.data).close()
  }

  /// Of another trail's key a start is told before a patient gets a data key under it.
  @Test func withAnothersKeyNobodyStarts() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...3)
    try trail.close()
    let right = try Self.file(directory)
    try directory.data.write([UInt8](repeating: 7, count: 32), to: directory.data.rootKey)
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
    // One data key that was edited is no other root key.
    try directory.data.write(right, to: directory.data.rootKey)
    try directory.tamper("UPDATE subject_key SET wrapped = flip(wrapped, 30) WHERE id > 1")
    try AuditTrail(directory: directory.data).close()
  }

  /// Without the old key it would be said that nothing lies under it, and all that does would be lost.
  @Test(arguments: TestStore.atHand) func withoutTheOldKeyNothingIsSaidToBeDone(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    var trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...5)
    try directory.data.prepareRootKey()
    let both = try Self.file(directory)
    _ = try await trail.replaceRootKey(Self.deed)
    try directory.data.write(Array(both[..<32]), to: directory.data.rootKey)
    await #expect(throws: AuditError(.keyUnusable)) { try await trail.finishRootKey(now: { Self.end }) }
    #expect(try await trail.isReplacingRootKey())
    if store == .sqlite { try trail.close() }
    #expect(throws: AuditError(.keyUnusable)) { try AuditTrail(directory: directory.data) }
    try directory.data.write(both, to: directory.data.rootKey)
    if store == .sqlite { trail = try AuditTrail(directory: directory.data) }
    try await trail.finishRootKey(now: { Self.end })
    #expect(try Self.verify(directory, under: Array(both[..<32])).opened == 5)
    try trail.close()
  }

  /// While one opens under no key the old one is not let go; what was destroyed is not made good.
  @Test(arguments: TestStore.atHand) func whatOpensNowhereKeepsTheOldKey(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    var trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...5)
    let number = try trail.store.read { try $0.number("SELECT subject FROM record WHERE sequence = 2") ?? 0 }
    let gone = try trail.store.read { try $0.number("SELECT subject FROM record WHERE sequence = 4") ?? 0 }
    let before = try Self.wrapped(trail.store)
    let patient = try #require(try AuditReader(directory: directory.data).find(one: 4).entry.patient)
    let erasure = try await trail.done(.erasure, to: patient)
    try trail.close()
    func put(_ id: Int64) -> String { "x'\(AuditRecord.hexadecimal(before[id] ?? []))'" }
    try directory.tamper(
      """
      UPDATE subject_key SET wrapped = flip(wrapped, 30) WHERE id = \(number);
      UPDATE subject_key SET wrapped = \(put(gone)), pseudonym = x'\(AuditRecord.hexadecimal(patient))' WHERE id = \(gone)
      """)
    trail = try AuditTrail(directory: directory.data)
    try await Self.replace(directory, trail)
    for _ in 0..<2 {
      await #expect(throws: AuditError(.keyChanged)) { try await trail.finishRootKey(now: { Self.end }) }
    }
    #expect(try Self.file(directory).count == 64 && Self.steps(directory).map(\.entry.outcome) == ["begun"])
    let after = try Self.wrapped(trail.store)
    #expect(after.filter { before[$0.key] == $0.value }.map(\.key) == [gone])
    try trail.close()

    try directory.tamper("UPDATE subject_key SET wrapped = \(put(number)) WHERE id = \(number)")
    trail = try AuditTrail(directory: directory.data)
    try await trail.finishRootKey(now: { Self.end })
    #expect(try Self.wrapped(trail.store)[gone] == before[gone])
    #expect(try Self.steps(directory).last?.entry.count == 4)
    try trail.close()
    let result = try Self.verify(directory, under: Self.file(directory))
    #expect(result.faults.filter(\.code.isFault) == [TrailFault(.keyReturned, erasure)] && result.opened == 4)
  }

  /// A service that is told to stop does not wait for the rest.
  @Test func whoStopsDoesNotWait() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...200)
    try await Self.replace(directory, trail)
    let told = Mutex<[Int64]>([])
    let stopped = await Task {
      do throws(AuditError) {
        try await trail.finishRootKey(now: { Self.end }) { done, _ in
          told.withLock { $0.append(done) }
          unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        }
        return nil as AuditError?
      } catch {
        return error
      }
    }.value
    #expect(stopped == AuditError(.closed) && told.withLock(\.count) == 1)
    try await trail.finishRootKey(now: { Self.end })
    #expect(try Self.file(directory).count == 32)
    try trail.close()
  }

  /// As a running service is asked for it; and no copy is made of a trail that needs both keys.
  @Test func itIsAskedForByTheInbox() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    try await Self.fill(trail, 1...3)
    var entry = AuditEntry(time: Self.deed.time, kind: .rootKey)
    (entry.origin, entry.reason) = ("j.doe", "yearly")
    let asked = entry
    async let answer = TrailInbox(directory.data).submit(asked)
    while try await !trail.isReplacingRootKey() {
      await TrailInbox(directory.data).serve(trail)
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await answer.sequence == 4)
    let anchors = TrailVerification.Anchors(log: trail.logKey)
    let copy = directory.data.path + "/copy"
    #expect(throws: AuditError(.rootKeyUnfinished)) { try TrailBackup(of: directory.data, to: copy, against: anchors) }
    #expect(try !AuditReader(directory: directory.data).isRootKeyReplaced())
    try await trail.finishRootKey(now: { Self.end })
    #expect(try AuditReader(directory: directory.data).isRootKeyReplaced())
    #expect(try TrailBackup(of: directory.data, to: copy, against: anchors).verification.isIntact)
    try trail.close()
  }

  /// What names nobody and no why is none, and a record of it is shown to auditors.
  @Test func itIsAChangeOfTheTrail() async throws {
    let directory = TemporaryDirectory()
    let trail = try AuditTrail(directory: directory.data)
    for (user, reason) in [("", "yearly"), ("j.doe", " "), (" ", "")] {
      var entry = AuditEntry(time: Self.deed.time, kind: .rootKey)
      (entry.origin, entry.reason) = (user, reason)
      let asked = entry
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(asked) }
    }
    _ = try await trail.replaceRootKey(Self.deed)
    try await trail.finishRootKey(now: { Self.end })
    let log = trail.logKey
    try trail.close()
    let reader = try AuditReader(directory: directory.data)
    var rows: [String] = []
    _ = try reader.report(.changes, AuditReader.Search(), log: log, at: Self.end) {
      rows.append($0.joined(separator: ","))
    }
    #expect(rows.filter { $0.contains("root-key") }.count == 2, "\(rows)")
    let search = try AuditEventSearch([], trail.pseudonyms)
    let events = try reader.auditEvents(search, before: nil, limit: 10, log: "l").events
    #expect(events.count == 2)
  }
}
