// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// A connection to where a trail lies.
package protocol TrailStore: Sendable {
  /// Whether other processes write as well, so that what this one remembers may be old.
  var isShared: Bool { get }
  /// Reads in one snapshot.
  func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value
  /// Runs a transaction, while no other process runs one; what it wrote is durable when this returns, and nothing of it is there
  /// when it throws.
  func write<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value
  /// Numbers for new data keys that nobody else is given.
  func reserveSubjects() throws -> Range<Int64>
  /// Sees to it that what was overwritten is nowhere in the store's files.
  func wipe() throws
  /// Whether the store finds its own files in order.
  func isSound() throws -> Bool
  /// Closes the connection.
  func close() throws
}

extension TrailStore {
  /// Runs a transaction without keeping a thread of the caller's from its work.
  package func write<Value: Sendable>(
    on queue: DispatchQueue, _ work: @escaping @Sendable (any TrailDatabase) throws -> Value
  ) async throws -> Value {
    try await withCheckedContinuation { (done: CheckedContinuation<Result<Value, any Error>, Never>) in
      queue.async { done.resume(returning: Result { try self.write(work) }) }
    }.get()
  }
}

extension DataDirectory {
  /// The trail of the folder with the newest tables, made when there are none.
  ///
  /// - Throws: `newerSchema`; the store's errors.
  func openForWriting() throws -> any TrailStore {
    guard let connection = try loadConnection() else { return try SQLiteStore(writing: trail) }
    #if PostgreSQL
      return try PostgreSQLStore(writing: connection)
    #else
      _ = connection
      throw AuditError(.storeUnreachable)
    #endif
  }

  /// The trail of the folder, not to be written to.
  ///
  /// - Throws: `readFailed` when there is none, `newerSchema`, `olderSchema`; the store's errors.
  package func openForReading() throws -> any TrailStore {
    guard let connection = try loadConnection() else { return try SQLiteStore(reading: trail) }
    #if PostgreSQL
      return try PostgreSQLStore(existing: connection)
    #else
      _ = connection
      throw AuditError(.storeUnreachable)
    #endif
  }
}
