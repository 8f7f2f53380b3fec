// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  import Foundation
  import Synchronization

  extension PostgreSQLConnection {
    /// What became of an opening on another thread.
    private final class Opening: Sendable {
      let outcome = Mutex<Result<PostgreSQLConnection, any Error>?>(nil)
      let isOver = DispatchSemaphore(value: 0)
    }

    /// Opens a session and waits for it until a deadline: libpq itself waits for the resolver of names, and for each host in turn. One that
    /// comes later is closed at once.
    static func open(
      _ settings: String, patience: Duration, before deadline: ContinuousClock.Instant?
    ) throws -> PostgreSQLConnection {
      guard let deadline else { return try PostgreSQLConnection(settings, patience: patience) }
      let left = ContinuousClock.now.duration(to: deadline) / .seconds(1)
      guard left > 0 else { throw PostgreSQLError(isSilent: true) }
      let opening = Opening()
      Thread.detachNewThread {
        let outcome = Result { try PostgreSQLConnection(settings, patience: patience) }
        opening.outcome.withLock { $0 = outcome }
        opening.isOver.signal()
      }
      guard opening.isOver.wait(timeout: .now() + left) == .success,
        let session = try opening.outcome.withLock({ $0 })?.get()
      else { throw PostgreSQLError(isSilent: true) }
      session.deadline = deadline
      return session
    }
  }
#endif
