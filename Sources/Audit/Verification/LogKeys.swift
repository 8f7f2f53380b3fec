// SPDX-License-Identifier: Apache-2.0

/// The keys a log has signed its checkpoints with, one after the other: each is introduced by a record, and the checkpoint that
/// first covers this record is still signed by the key before, which so vouches for the next.
struct LogKeys {
  private var keys: [(after: Int64, key: NoteKey)]

  /// - Parameter first: the key at the log's beginning.
  init(_ first: NoteKey) {
    keys = [(-1, first)]
  }

  /// A key that a record introduced.
  mutating func add(_ key: NoteKey, after sequence: Int64) {
    keys.append((sequence, key))
  }

  /// The key that a checkpoint of this size must bear.
  func inForce(at size: Int64) -> NoteKey? {
    keys.last { $0.after < size }?.key
  }
}
