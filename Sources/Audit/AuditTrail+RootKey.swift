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
  /// Data keys that are looked at together, and wrapped anew in one transaction: few enough that whoever waits behind it hardly notices.
  private static let keysTogether: Int64 = 64
  /// How long others have the disk and the processors for themselves between two turns, beside one's length. A replacement is yearly, and
  /// may take minutes.
  private static let pause = 99
  /// The longest of them: behind one slow flush it is not to stand still.
  private static let longestPause = Duration.seconds(2)

  /// A replacement that is gone on with.
  private struct Walk: Sendable {
    let newest: RootKeyReplacement
    let old: RootKey
    let new: RootKey
    /// A connection of its own: nobody waits behind what is looked at.
    let store: any TrailStore
    /// Data keys that records say were destroyed: one that was put back is not made good.
    let destroyed: Set<Int64>
    /// The last record up to which none says anything else.
    var seen: Int64
  }

  /// Puts a new root key in force. What lies under the old one is wrapped anew afterwards (`finishRootKey`).
  ///
  /// - Returns: the number of the record that says so.
  /// - Throws: `rootKeyUnfinished` when one is being replaced; `rootKeyUnprepared` where several processes write the trail and the file
  ///   does not hold the next yet, which each of them needs; `keyUnusable`, `directoryUnusable`; as `append`.
  package func replaceRootKey(_ deed: Deed) async throws(AuditError) -> Int64 {
    let (newest, seen) = try await newestReplacement()
    guard newest?.step != .begun else { throw AuditError(.rootKeyUnfinished) }
    if !isShared { try directory.prepareRootKey() }
    let keys = try directory.loadRootKeys()
    guard keys.count == 2 else { throw AuditError(.rootKeyUnprepared) }
    let (new, old) = (keys[0], keys[1])
    guard old == subjects.root.inForce, newest.map({ $0.fingerprint == old.fingerprint }) ?? true else {
      throw AuditError(.rootKeyUnfinished)
    }
    // So that it is known when the record is there.
    try subjects.root.readAgain()
    var entry = deed.entry(.rootKey, note: AuditRecord.hexadecimal(new.fingerprint))
    entry.outcome = RootKeyReplacement.Step.begun.rawValue
    return try await append(entry) { database, sequence in
      // Another process may have come first.
      try RootKeyReplacement.confirmNone(after: seen, before: sequence, in: database)
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
      // One data key that opens under nothing would put off for ever what was erased meanwhile.
      if error.code == .keyChanged { await finishWiping() }
      throw error
    }
    if isReplaced { await wipe() }
  }

  /// Whether a root key is being replaced.
  package func isReplacingRootKey() async throws(AuditError) -> Bool {
    try await newestReplacement().newest?.step == .begun
  }

  /// Looks for a record that another process may have written, where this one commits nothing by itself.
  package func lookForRootKey() { isRootKeyDue.withLock { $0 = true } }

  /// What the newest record says, and a record up to which there is none that says anything else.
  private func newestReplacement() async throws(AuditError) -> (newest: RootKeyReplacement?, seen: Int64) {
    try await reading { trail in
      var known = trail.seenRootKey.withLock { $0 }
      // Before: what comes meanwhile may be missed.
      let last = try trail.read { try $0.lastRecord() }
      if last < known.end {
        // It was set back: what was found may not be there.
        known = (newest: nil, end: 0)
        trail.seenRootKey.withLock { $0 = (newest: nil, end: 0) }
      }
      let found = try RootKeyReplacement.newest(after: known.end) { work throws(AuditError) in try trail.read(work) }
      let (newest, foundAt) = (found ?? known.newest, found?.record.sequence ?? 0)
      // What others wrote since this process's last commit may be lost with a server, and this process would go on without a word
      // (`catchUp`): it is not remembered.
      let end = trail.isShared ? min(last, trail.size) : last
      if foundAt <= end {
        trail.seenRootKey.withLock { if $0.end < end { $0 = (newest: newest, end: end) } }
      }
      return (newest, max(last, foundAt))
    }
  }

  /// - Returns: whether the old key was let go.
  private func goOn(
    _ now: @Sendable () -> Instant, _ progress: @Sendable (Int64, Int64) -> Void
  ) async throws(AuditError) -> Bool {
    let root = subjects.root
    // Before the record: another process on this folder says that it is done before it leaves one key in the file.
    var keys = try directory.loadRootKeys()
    let (found, seen) = try await newestReplacement()
    guard let newest = found else { return false }
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
    var walk = try await newWalk(newest, from: keys[1], to: keys[0], seen)
    try await rewrapAll(&walk, progress)
    let count = try await confirmAll(&walk)
    try confirmFile(walk)
    if newest.step == .begun { try await sayDone(walk, count, at: now()) }
    try directory.keepRootKey(walk.new, insteadOf: walk.old)
    root.forgetOthers()
    return true
  }

  private func newWalk(
    _ newest: RootKeyReplacement, from old: RootKey, to new: RootKey, _ seen: Int64
  ) async throws(AuditError) -> Walk {
    do {
      return try await store.wait(on: .global()) { [directory] in
        let store = try directory.openForReading()
        let destroyed = try Tombstones().keys { try store.read($0) }
        return Walk(newest: newest, old: old, new: new, store: store, destroyed: destroyed, seen: seen)
      }
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  private func confirmFile(_ walk: Walk) throws(AuditError) {
    let keys = try directory.loadRootKeys()
    // Another process on this folder has ended it.
    guard keys != [walk.new] else { throw AuditError(.rootKeyUnfinished) }
    guard keys == [walk.new, walk.old] else { throw AuditError(.keyUnusable) }
  }

  /// Reads beside the writer, where the walk still is what the records say.
  private func look<Value: Sendable>(
    _ walk: inout Walk, _ work: @escaping @Sendable (any TrailDatabase) throws -> Value
  ) async throws(AuditError) -> Value {
    if Task.isCancelled { throw AuditError(.closed) }
    do {
      let (store, newest, seen) = (walk.store, walk.newest, walk.seen)
      let found = try await store.wait(on: .global()) {
        try store.read { database in
          let last = try newest.confirm(with: seen, in: database)
          // Another process may have ended it, and begun the next, while this one stood still.
          try RootKeyReplacement.confirmNone(after: seen, before: last + 1, in: database)
          return (value: try work(database), last: last)
        }
      }
      walk.seen = found.last
      return found.value
    } catch {
      throw Self.failure(error, .readFailed)
    }
  }

  /// Leaves callers in front after a turn, when any came since the one before.
  private func giveWay(_ walk: Walk, since begin: ContinuousClock.Instant, behind seen: Int64) async {
    guard walk.seen > seen else { return }
    try? await Task.sleep(for: min(begin.duration(to: .now) * Self.pause, Self.longestPause))
  }

  private func rewrapAll(
    _ walk: inout Walk, _ progress: @Sendable (Int64, Int64) -> Void
  ) async throws(AuditError) {
    // Numbers that come later are wrapped under the new key: what there is to do does not grow.
    let end = try await look(&walk) { try $0.number("SELECT max(id) FROM subject_key") ?? 0 }
    var next: Int64 = 0
    while next <= end {
      try confirmFile(walk)
      let begin = ContinuousClock.now
      let (numbers, walked) = (next...end, walk)
      let found = try await look(&walk) {
        try RewrappedKeys(
          numbers, most: Self.keysTogether, from: walked.old, to: walked.new, besides: walked.destroyed, in: $0)
      }
      guard let last = found.last else { return }
      if !found.isEmpty {
        try await write { [seen = walk.seen] database in
          // No head is looked at here: what was set back since is not to get under a key of which it has no record.
          try walked.newest.confirm(with: seen, in: database)
          try found.store(in: database)
        }
      }
      await giveWay(walk, since: begin, behind: walked.seen)
      progress(last, end)
      guard last < end else { return }
      next = last + 1
    }
  }

  /// Looks at all data keys.
  ///
  /// - Returns: how many there are.
  /// - Throws: `rootKeyUnfinished` when one opens under another key than the new one, `keyChanged` when one opens under none: with
  ///   another root key it might.
  private func confirmAll(_ walk: inout Walk) async throws(AuditError) -> Int64 {
    var confirmed = ConfirmedKeys()
    var isMore = true
    while isMore {
      let begin = ContinuousClock.now
      let (before, walked) = (confirmed, walk)
      (confirmed, isMore) = try await look(&walk) { [root = subjects.root] in
        var confirmed = before
        let isMore = try confirmed.confirmSome(
          Self.keysTogether, under: walked.new, of: root, besides: walked.destroyed, in: $0)
        return (confirmed, isMore)
      }
      await giveWay(walk, since: begin, behind: walked.seen)
    }
    guard confirmed.areOpen else { throw AuditError(.keyChanged) }
    return confirmed.count
  }

  private func sayDone(_ walk: Walk, _ count: Int64, at now: Instant) async throws(AuditError) {
    var entry = walk.newest.record.entry
    entry.time = now
    entry.outcome = RootKeyReplacement.Step.done.rawValue
    entry.count = count
    _ = try await append(entry) { database, sequence in
      try walk.newest.confirm(with: walk.seen, in: database)
      // Another process said so meanwhile, or more: that is looked at anew.
      try RootKeyReplacement.confirmNone(after: walk.seen, before: sequence, in: database)
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
