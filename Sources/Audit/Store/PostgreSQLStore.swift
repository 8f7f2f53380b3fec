// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  import Synchronization

  /// A way to a trail in PostgreSQL, which many processes write: one session, opened anew whenever something went wrong with it.
  final class PostgreSQLStore: TrailStore {
    private let settings: String
    /// How a transaction that writes begins.
    private let begin: String
    private let session = Mutex<PostgreSQLConnection?>(nil)

    /// - Parameters:
    ///   - settings: libpq's connection string, as keywords and values.
    ///   - isTrail: whether records are written: their transactions run one after the other over all processes, as each one's
    ///     records are numbered behind those of the one before.
    private init(_ settings: String, isTrail: Bool) {
      self.settings = settings
      begin = isTrail ? "BEGIN; SELECT pg_advisory_xact_lock('head'::regclass::oid::bigint)" : "BEGIN"
    }

    /// The trail, with the newest tables.
    ///
    /// - Throws: `newerSchema`; `PostgreSQLError`.
    convenience init(writing settings: String) throws {
      self.init(settings, isTrail: true)
      try run("BEGIN") { try PostgreSQLSchema.migrate($0) }
    }

    /// The trail or the tokens, whose tables are there.
    ///
    /// - Throws: `newerSchema`, `olderSchema`; `PostgreSQLError`.
    convenience init(existing settings: String) throws {
      self.init(settings, isTrail: false)
      try read { try PostgreSQLSchema.check($0) }
    }

    var isShared: Bool { true }

    func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value {
      try run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { try work($0) }
    }

    func write<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value {
      try run(begin) { try work($0) }
    }

    func reserveSubjects() throws -> Range<Int64> {
      let first = try run("BEGIN") { try $0.number("SELECT nextval('subject_key_number')") }
      guard let first else { throw PostgreSQLError() }
      return first..<(first + PostgreSQLSchema.reservedSubjects)
    }

    /// Writes the tables anew in which data keys and holds were overwritten. What PostgreSQL itself logged of them goes with its
    /// write-ahead log and its copies (docs/operations.md).
    func wipe() throws {
      for table in ["subject_key", "hold"] { try withSession("VACUUM FULL \(table)") { _ in } }
    }

    /// PostgreSQL checks its pages as it reads them, where it was told to (`initdb --data-checksums`).
    func isSound() throws -> Bool { true }

    func close() throws { session.withLock { $0 = nil } }

    /// Runs one transaction.
    private func run<Value>(_ begin: String, _ work: (PostgreSQLConnection) throws -> Value) throws -> Value {
      try withSession(begin) { session -> Result<Value, AuditError> in
        let value: Value
        do {
          value = try work(session)
        } catch let refusal as AuditError {
          // Of the trail's own: the session is as good as before.
          try session.run("ROLLBACK")
          return .failure(refusal)
        }
        try session.commit()
        return .success(value)
      }.get()
    }

    /// Begins something in the session there is, or in a new one where that is lost, and goes on with it. A session in which
    /// anything went wrong is not used again: the server takes back what was not committed.
    private func withSession<Value>(_ begin: String, _ work: (PostgreSQLConnection) throws -> Value) throws -> Value {
      try session.withLock { held in
        var session = held
        held = nil
        do { try session?.run(begin) } catch { session = nil }
        let usable: PostgreSQLConnection
        if let session {
          usable = session
        } else {
          usable = try PostgreSQLConnection(settings)
          try usable.run(begin)
        }
        let value = try work(usable)
        held = usable
        return value
      }
    }
  }
#endif
