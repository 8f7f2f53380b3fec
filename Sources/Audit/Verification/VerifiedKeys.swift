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
  private let root: RootKey?
  private let opened = Mutex<[Int64: SubjectKey]>([:])
  /// Above it all that were opened are let go: patients come back within some thousand records, or much later.
  private static let mostOpened = 16_384

  init(_ database: any TrailDatabase, _ root: RootKey?) throws {
    self.root = root
    var keys: [Int64: Key] = [:]
    let rows = try database.rows("SELECT id, pseudonym, wrapped FROM subject_key", [])
    while let row = try rows.next() {
      keys[row.number(0) ?? 0] = Key(pseudonym: row.bytes(1), wrapped: row.bytes(2))
    }
    self.keys = keys
  }

  /// Whether payloads can be opened at all.
  var hasRoot: Bool { root != nil }

  /// A key as it is used; nil without the root key, or when it is another's.
  func subjectKey(_ id: Int64, _ wrapped: [UInt8]) -> SubjectKey? {
    if let key = opened.withLock({ $0[id] }) { return key }
    guard let key = try? root?.unwrap(wrapped, id: id) else { return nil }
    opened.withLock { opened in
      if opened.count >= Self.mostOpened { opened.removeAll(keepingCapacity: true) }
      opened[id] = key
    }
    return key
  }
}
