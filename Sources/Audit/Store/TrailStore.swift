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
  ///
  /// - Parameter deadline: when nobody waits for it any more, so that a server that has not answered by then is as good as gone; nil
  ///   where each answer may take as long as any.
  func write<Value>(
    before deadline: ContinuousClock.Instant?, _ work: (any TrailDatabase) throws -> Value
  ) throws -> Value
  /// Numbers for new data keys that nobody else is given.
  func reserveSubjects() throws -> Range<Int64>
  /// Sees to it that what was overwritten is nowhere in the store's files.
  func wipe() throws
  /// Whether the store finds its own files in order.
  func isSound() throws -> Bool
  /// Whether the trail's tables are as this program made them, with the triggers that it made and no others.
  func isAsMade() throws -> Bool
  /// Whether the server was found to be gone later than that: whoever has waited since then is not to wait again.
  func hasLostTouch(since asked: ContinuousClock.Instant) -> Bool
  /// Closes the connection.
  func close() throws
}

extension TrailStore {
  /// Runs a transaction for which nobody waits.
  package func write<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value {
    try write(before: nil, work)
  }

  /// Does what may wait for a disk or a network without keeping a thread of the caller's from its work.
  package func wait<Value: Sendable>(
    on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let asked = ContinuousClock.now
    return try await withCheckedContinuation { (done: CheckedContinuation<Result<Value, any Error>, Never>) in
      queue.async {
        done.resume(
          returning: Result {
            if self.hasLostTouch(since: asked) { throw PostgreSQLError() }
            return try work()
          })
      }
    }.get()
  }

  /// Runs a transaction so, for which somebody waits so long.
  package func write<Value: Sendable>(
    on queue: DispatchQueue, within patience: Duration,
    _ work: @escaping @Sendable (any TrailDatabase) throws -> Value
  ) async throws -> Value {
    let deadline = ContinuousClock.now + patience
    return try await wait(on: queue) { try self.write(before: deadline, work) }
  }
}

extension DataDirectory {
  /// The trail of the folder with the newest tables, made when there are none.
  ///
  /// - Throws: `newerSchema`; the store's errors.
  func openForWriting() throws -> any TrailStore {
    guard let connection = try loadConnection() else { return try SQLiteStore(writing: trail) }
    #if PostgreSQL
      return try PostgreSQLStore(writing: connection, patience: patience)
    #else
      _ = connection
      throw AuditError(.storeUnreachable)
    #endif
  }

  /// The trail of the folder, not to be written to.
  ///
  /// - Parameters:
  ///   - patience: how long PostgreSQL may take for an answer; a person who looks through a whole trail waits longer.
  ///   - isListBelieved: false for whoever verifies: what was put into the list of migrations is then found, and keeps nobody from looking.
  /// - Throws: `readFailed` when there is none, `newerSchema`, `olderSchema`; the store's errors.
  package func openForReading(
    patience: Duration = .seconds(60), isListBelieved: Bool = true
  ) throws -> any TrailStore {
    guard let connection = try loadConnection() else {
      return try SQLiteStore(reading: trail, isListBelieved: isListBelieved)
    }
    #if PostgreSQL
      return try PostgreSQLStore(existing: connection, patience: patience, isListBelieved: isListBelieved)
    #else
      _ = connection
      throw AuditError(.storeUnreachable)
    #endif
  }
}
