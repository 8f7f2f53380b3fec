// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import FHIR
import Synchronization

/// Another root key, while the trail is written: patients' data keys are wrapped anew, nothing else is touched.
///
/// 1. `root.key` holds the new key before the old one (`DataDirectory.prepareRootKey`).
/// 2. A record says that the new one is in force. From that commit on no data key is wrapped under the old one.
/// 3. The others are wrapped under the new one, a few in a transaction.
/// 4. When all open under the new key alone, a record says so, the file keeps that key alone, and what was overwritten is wiped.
///
/// Whatever is cut short goes on where it stood: each step finds what the one before has left, and the file holds both keys until the last.
extension AuditTrail {
  /// Data keys in a transaction: few enough that whoever waits behind it hardly notices.
  private static let rewrapsInCommit: Int64 = 64
  /// How long others have the writer for themselves between two transactions, beside one's length.
  private static let pause = 4

  /// A replacement that is gone on with.
  private struct Walk: Sendable {
    let newest: RootKeyReplacement
    let old: RootKey
    let new: RootKey
    /// Data keys that records say were destroyed: one that was put back is not made good.
    let destroyed: Set<Int64>
  }

  /// Puts a new root key in force. What lies under the old one is wrapped anew afterwards (`finishRootKey`).
  ///
  /// - Returns: the number of the record that says so.
  /// - Throws: `rootKeyUnfinished` when one is being replaced; `rootKeyUnprepared` where several processes write the trail and the file
  ///   does not hold the next yet, which each of them needs; `keyUnusable`, `directoryUnusable`; as `append`.
  package func replaceRootKey(_ deed: Deed) async throws(AuditError) -> Int64 {
    if !isShared { try directory.prepareRootKey() }
    let keys = try directory.loadRootKeys()
    guard keys.count == 2 else { throw AuditError(.rootKeyUnprepared) }
    let (new, old) = (keys[0], keys[1])
    guard old == subjects.root.inForce else { throw AuditError(.rootKeyUnfinished) }
    // So that it is known when the record is there.
    try subjects.root.readAgain()
    var entry = deed.entry(.rootKey, note: AuditRecord.hexadecimal(new.fingerprint))
    entry.outcome = RootKeyReplacement.Step.begun.rawValue
    return try await append(entry) { database, sequence in
      // Another process may have come first.
      let newest = try RootKeyReplacement.newest(before: sequence) { try $0(database) }
      guard newest.map({ $0.step == .done && $0.fingerprint == old.fingerprint }) ?? true else {
        throw AuditError(.rootKeyUnfinished)
      }
    }
  }

  /// Goes on with what a record of the root key says, to its end. Nothing where there is nothing to do, or it is being done.
  ///
  /// - Parameters:
  ///   - now: what time it is, for the record that says that it is done.
  ///   - progress: called with the number of the data key that was looked at last, and of the last that there is.
  /// - Throws: `keyUnusable` when the file does not hold what is needed; `keyChanged` when a data key opens under no root key, so that
  ///   none is let go; `rootKeyUnfinished` when another process went on meanwhile; `closed` when the task is cancelled; as `append`.
  ///   What is done stays done.
  package func finishRootKey(
    now: @Sendable () -> Instant, progress: @Sendable (Int64, Int64) -> Void = { _, _ in }
  ) async throws(AuditError) {
    guard isRootKeyDue.withLock(\.self),
      isRewrapping.withLock({ isBusy in
        defer { isBusy = true }
        return !isBusy
      })
    else { return }
    // A record that comes meanwhile says so again.
    isRootKeyDue.withLock { $0 = false }
    let isReplaced: Bool
    do throws(AuditError) {
      isReplaced = try await goOn(now, progress)
      isRewrapping.withLock { $0 = false }
    } catch {
      isRootKeyDue.withLock { $0 = true }
      isRewrapping.withLock { $0 = false }
      throw error
    }
    if isReplaced { await wipe() }
  }

  /// Whether a root key is being replaced.
  package func isReplacingRootKey() async throws(AuditError) -> Bool { try await newestReplacement()?.step == .begun }

  /// Looks for a record that another process may have written, where this one commits nothing by itself.
  package func lookForRootKey() { isRootKeyDue.withLock { $0 = true } }

  private func newestReplacement() async throws(AuditError) -> RootKeyReplacement? {
    try await reading { trail in
      try RootKeyReplacement.newest { work throws(AuditError) in try trail.read(work) }
    }
  }

  /// - Returns: whether the old key was let go.
  private func goOn(
    _ now: @Sendable () -> Instant, _ progress: @Sendable (Int64, Int64) -> Void
  ) async throws(AuditError) -> Bool {
    let root = subjects.root
    // Before the record: another process on this folder says that it is done before it leaves one key in the file.
    var keys = try directory.loadRootKeys()
    guard let newest = try await newestReplacement() else { return false }
    try root.enforce(newest.fingerprint)
    if !keys.contains(root.inForce) {
      // Somebody laid another file in its place: what this process knows may be the last copy.
      try directory.holdRootKey(root.inForce)
      keys = try directory.loadRootKeys()
    }
    guard keys.count == 2, keys[0] == root.inForce else {
      // Without the old key nothing is wrapped anew, and what lies under it is lost if it is said that nothing does.
      guard newest.step == .done else { throw AuditError(.keyUnusable) }
      root.forgetOthers()
      return false
    }
    try root.readAgain()
    let walk = Walk(
      newest: newest, old: keys[1], new: keys[0],
      destroyed: try await reading { trail in
        try Tombstones().keys { work throws(AuditError) in try trail.read(work) }
      })
    var count = try await countUnderNew(walk)
    if count == nil {
      try await rewrapAll(walk, progress)
      count = try await countUnderNew(walk)
    }
    guard let count else { throw AuditError(.rootKeyUnfinished) }
    try confirmFile(walk)
    if newest.step == .begun { try await sayDone(walk, count, at: now()) }
    try directory.keepRootKey(walk.new)
    root.forgetOthers()
    return true
  }

  private func confirmFile(_ walk: Walk) throws(AuditError) {
    let keys = try directory.loadRootKeys()
    // Another process on this folder has ended it.
    guard keys != [walk.new] else { throw AuditError(.rootKeyUnfinished) }
    guard keys == [walk.new, walk.old] else { throw AuditError(.keyUnusable) }
  }

  private func rewrapAll(_ walk: Walk, _ progress: @Sendable (Int64, Int64) -> Void) async throws(AuditError) {
    do {
      // Numbers that come later are wrapped under the new key: what there is to do does not grow.
      let end = try await reading { try $0.read { try $0.number("SELECT max(id) FROM subject_key") ?? 0 } }
      var next: Int64 = 0
      var seen = walk.newest.record.sequence
      while next <= end {
        if Task.isCancelled { throw AuditError(.closed) }
        try confirmFile(walk)
        let (numbers, known) = (next...end, seen)
        let (start, size) = (ContinuousClock.now, size)
        let step = try await store.write(on: writer, within: directory.patience) { [subjects] database in
          let last = try database.lastRecord()
          // Another process may have ended it, and begun the next, while this one stood still.
          let others = try database.number(
            "SELECT count(*) FROM record WHERE sequence > ? AND sequence <= ? AND kind = 'root-key'",
            [.number(known), .number(last)])
          guard others == 0 else { throw AuditError(.rootKeyUnfinished) }
          let key = try subjects.rewrapSome(
            numbers, most: Self.rewrapsInCommit, from: walk.old, to: walk.new, besides: walk.destroyed, in: database)
          return (key: key, record: last)
        }
        guard let key = step.key else { return }
        progress(key, end)
        (next, seen) = (key + 1, step.record)
        // Whether others wait is known of one's own callers only.
        if isShared || self.size != size { try? await Task.sleep(for: start.duration(to: .now) * Self.pause) }
      }
    } catch {
      throw Self.failure(error, .writeFailed)
    }
  }

  /// Looks at all data keys in one snapshot: how many there are; nil when one opens under another key than the new one.
  private func countUnderNew(_ walk: Walk) async throws(AuditError) -> Int64? {
    let count = await withCheckedContinuation { (done: CheckedContinuation<Result<Int64?, any Error>, Never>) in
      // Nobody waits behind it: a connection of its own.
      DispatchQueue.global().async { [directory, subjects] in
        done.resume(
          returning: Result {
            try directory.openForReading().read {
              try subjects.count(under: walk.new, besides: walk.destroyed, in: $0)
            }
          })
      }
    }
    do {
      return try count.get()
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  private func sayDone(_ walk: Walk, _ count: Int64, at now: Instant) async throws(AuditError) {
    let begun = walk.newest.record
    var entry = begun.entry
    entry.time = now
    entry.outcome = RootKeyReplacement.Step.done.rawValue
    entry.count = count
    do throws(AuditError) {
      _ = try await append(entry) { database, sequence in
        let newest = try RootKeyReplacement.newest(before: sequence) { try $0(database) }
        guard newest?.record.sequence == begun.sequence else { throw AuditError(.notFound) }
      }
    } catch  where error.code == .notFound {
      // Another process said so meanwhile, or more: that is looked at anew.
      throw AuditError(.rootKeyUnfinished)
    }
  }

  /// Acts on a record of the root key that this process has committed.
  func takeIn(_ record: AuditRecord) {
    guard let replacement = RootKeyReplacement(record) else { return }
    // Known since before the record was handed over (`replaceRootKey`), or in force already.
    try? subjects.root.enforce(replacement.fingerprint)
    isRootKeyDue.withLock { $0 = true }
  }
}
