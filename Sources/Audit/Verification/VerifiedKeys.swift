// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The subjects' data keys as they lie in the trail, each opened when it is first needed.
final class VerifiedKeys: Sendable {
  /// One row.
  struct Key: Sendable {
    /// Nil once it was destroyed.
    let pseudonym: [UInt8]?
    /// Nil once it was destroyed.
    let wrapped: [UInt8]?
  }

  /// By their numbers.
  let keys: [Int64: Key]
  private let root: RootKeyring?
  private let opened = Mutex<[Int64: SubjectKey]>([:])
  /// Above it all that were opened are let go: patients come back within some thousand records, or much later.
  private static let mostOpened = 16_384

  init(_ database: any TrailDatabase, _ root: RootKeyring?) throws {
    self.root = root
    var keys: [Int64: Key] = [:]
    let rows = try database.rows("SELECT id, pseudonym, wrapped FROM subject_key", [])
    while let row = try rows.next() {
      keys[row.number(0) ?? 0] = Key(pseudonym: row.bytes(1), wrapped: row.bytes(2))
    }
    self.keys = keys
  }

  /// Whether keys can be opened at all.
  var hasRoot: Bool { root != nil }

  /// Whether keys are to be opened, and not with the root key of this fingerprint.
  func lacksRoot(_ fingerprint: [UInt8]) -> Bool {
    guard let root else { return false }
    return (try? root.enforce(fingerprint)) == nil
  }

  /// What there is to be had of a key.
  enum Opening: Sendable {
    /// It was destroyed.
    case destroyed
    /// Without the root key nobody knows.
    case sealed
    case open(SubjectKey)
    /// It is none that was stored in this row, beside this pseudonym, under this root key.
    case changed
  }

  /// Opens a key; nil where there is no such row.
  func open(_ id: Int64) -> Opening? {
    guard let stored = keys[id] else { return nil }
    guard let wrapped = stored.wrapped else { return .destroyed }
    guard let root else { return .sealed }
    if let key = opened.withLock({ $0[id] }) { return .open(key) }
    // One of before keys were bound to their patients opens here: whether there may be any is for the records to say.
    let found = root.unwrapUnbound(wrapped, id: id) ?? (try? root.unwrap(wrapped, id: id, of: stored.pseudonym))
    guard let key = found else { return .changed }
    opened.withLock { opened in
      if opened.count >= Self.mostOpened { opened.removeAll(keepingCapacity: true) }
      opened[id] = key
    }
    return .open(key)
  }

  /// Whether a key is not what was stored.
  func isChanged(_ id: Int64) -> Bool {
    if case .changed? = open(id) { true } else { false }
  }
}
