// SPDX-License-Identifier: Apache-2.0

/// The keys a log has signed its checkpoints with, one after the other: each is introduced by a record, and the checkpoint that
/// first covers this record is still signed by the key before, which so vouches for the next.
package struct LogKeys: Sendable {
  private var keys: [(after: Int64, key: NoteKey)]

  /// - Parameter first: the key at the log's beginning.
  package init(_ first: NoteKey) {
    keys = [(-1, first)]
  }

  /// A key that a record introduced.
  mutating func add(_ key: NoteKey, after sequence: Int64) {
    keys.append((sequence, key))
  }

  /// A key that a record introduced, by the proof of that record under the key before. Its checkpoint is the one that first covers it, the
  /// last of that key: with a later one whoever has a key that was given up could introduce another, and with an earlier record than the
  /// last change whoever has a later key could speak for what was before it.
  ///
  /// - Returns: false when it proves no such thing.
  package mutating func add(_ proof: ProofFile) -> Bool {
    guard let last = keys.last, let record = try? proof.record(log: last.key), record.entry.kind == .key,
      record.sequence > last.after, Checkpoint(text: proof.checkpoint.text)?.size == record.sequence,
      let next = record.entry.note.flatMap({ NoteKey(vkey: $0) }), next.kind == .log, next.name == last.key.name
    else { return false }
    add(next, after: record.sequence)
    return true
  }

  /// Goes on by a proof that may have been added before, as one that lies beside what is checked and was given from elsewhere too.
  ///
  /// - Returns: false when it proves no such thing, or another key than is known.
  mutating func follow(_ proof: ProofFile) -> Bool {
    guard let place = keys.firstIndex(where: { $0.after - 1 == proof.index }) else { return add(proof) }
    var again = self
    again.keys.removeSubrange(place...)
    return again.add(proof) && again.keys[place] == keys[place]
  }

  /// The key at the log's beginning.
  var first: NoteKey? { keys.first?.key }

  /// The key that a checkpoint of this size must bear.
  func inForce(at size: Int64) -> NoteKey? {
    keys.last { $0.after < size }?.key
  }
}
