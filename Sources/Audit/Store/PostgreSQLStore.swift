// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  import Synchronization

  /// A way to a trail in PostgreSQL, which many processes write: one session, opened anew whenever something went wrong with it.
  final class PostgreSQLStore: TrailStore {
    /// What every transaction begins with whose statements each see what was committed before them.
    private static let plain = "BEGIN ISOLATION LEVEL READ COMMITTED"
    /// A snapshot, behind the locks that keep what is wiped in its place for as long as it is read (`wipe`): one that was taken before
    /// a table was written anew would see it empty.
    private static let snapshot = """
      BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE subject_key, hold IN ACCESS SHARE MODE
      """
    /// Records are numbered behind those of the transaction before, so that one process writes at a time; one that hangs meanwhile is
    /// cut off, and does not keep the others from writing for longer than they wait for an answer.
    private static let writing = """
      \(plain); SET LOCAL lock_timeout = '4s'; SET LOCAL idle_in_transaction_session_timeout = '5s';
      SELECT pg_advisory_xact_lock('head'::regclass::oid::bigint)
      """

    private struct State {
      var session: PostgreSQLConnection?
      /// When the server was last found to be gone.
      var lost: ContinuousClock.Instant?
    }

    private let settings: String
    private let patience: Duration
    /// How a transaction that writes begins.
    private let begin: String
    private let state = Mutex(State())

    private init(_ settings: String, begin: String, patience: Duration) {
      self.settings = settings
      self.patience = patience
      self.begin = begin
    }

    /// The trail, with the newest tables.
    ///
    /// - Parameters:
    ///   - settings: libpq's connection string, as keywords and values.
    ///   - patience: how long PostgreSQL may take for an answer.
    /// - Throws: `newerSchema`; `tablesChanged` where one of the migrations is missing in the list; `PostgreSQLError`.
    convenience init(writing settings: String, patience: Duration) throws {
      self.init(settings, begin: Self.writing, patience: patience)
      try run(Self.plain) { try PostgreSQLSchema.migrate($0) }
      // What a process destroyed that has ended since; somebody may still read it.
      try? wipe()
    }

    /// The trail or the tokens, whose tables are there.
    ///
    /// - Parameter isListBelieved: whether what the list of migrations says of the version is believed where the tables are this program's.
    /// - Throws: `newerSchema`, `olderSchema`; `PostgreSQLError`.
    convenience init(existing settings: String, patience: Duration, isListBelieved: Bool = true) throws {
      self.init(settings, begin: Self.plain, patience: patience)
      try run("\(Self.plain) READ ONLY") { database in
        if !isListBelieved, try PostgreSQLSchema.hasNewestTables(database) { return }
        try PostgreSQLSchema.check(database)
      }
    }

    var isShared: Bool { true }

    func read<Value>(_ work: (any TrailDatabase) throws -> Value) throws -> Value {
      try run(Self.snapshot) { try work($0) }
    }

    func write<Value>(
      before deadline: ContinuousClock.Instant?, _ work: (any TrailDatabase) throws -> Value
    ) throws -> Value {
      try run(begin, before: deadline) { try work($0) }
    }

    func reserveSubjects() throws -> Range<Int64> {
      let first = try run(Self.plain) { try $0.number("SELECT nextval('subject_key_number')") }
      guard let first else { throw PostgreSQLError() }
      return first..<(first + PostgreSQLSchema.reservedSubjects)
    }

    /// Writes the tables anew in which data keys and holds were overwritten, if any was since the last time: those rows alone that are
    /// not gone, whoever still has a snapshot of before (which `VACUUM FULL` would keep them for). While a backup or a verification
    /// reads this is refused, and stays due; so is what takes longer than half a minute, as nobody is answered who needs a key. What PostgreSQL itself logged of them goes with its write-ahead log and its copies
    /// (docs/operations.md).
    func wipe() throws {
      // A session of its own: nobody waits for the one that writes.
      let own = PostgreSQLStore(settings, begin: Self.plain, patience: .seconds(40))
      guard try own.read({ try SharedControl.isWipeDue($0) }) else { return }
      let begin = """
        \(Self.plain); SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '30s';
        LOCK TABLE subject_key, hold IN ACCESS EXCLUSIVE MODE
        """
      try own.run(begin) { session in
        for table in ["subject_key", "hold"] {
          // A value that has to be computed has the table written anew, from the newest snapshot.
          try session.run("ALTER TABLE \(table) ALTER pseudonym TYPE BYTEA USING pseudonym || ''::bytea")
        }
        try session.execute("DELETE FROM wiping", [])
      }
    }

    /// PostgreSQL checks its pages as it reads them, where it was told to (`initdb --data-checksums`).
    func isSound() throws -> Bool { true }

    func isAsMade() throws -> Bool { try read(PostgreSQLSchema.isAsMade) }

    func hasLostTouch(since asked: ContinuousClock.Instant) -> Bool {
      state.withLock { $0.lost.map { $0 > asked } ?? false }
    }

    func close() throws { state.withLock { $0.session = nil } }

    /// Runs one transaction.
    private func run<Value>(
      _ begin: String, before deadline: ContinuousClock.Instant? = nil, _ work: (PostgreSQLConnection) throws -> Value
    ) throws -> Value {
      try withSession(begin, before: deadline) { session -> Result<Value, AuditError> in
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

    /// Begins a transaction. Whoever keeps its lock for so long hangs, or waits for a standby that is gone: as good as nobody there.
    private static func begin(_ begin: String, _ session: PostgreSQLConnection) throws {
      do {
        try session.run(begin)
      } catch let error as PostgreSQLError where error.state == "55P03" {
        throw PostgreSQLError(isSilent: true)
      }
    }

    /// Begins something in the session there is, or in a new one where that is lost, and goes on with it. A session in which
    /// anything went wrong is not used again: the server takes back what was not committed.
    private func withSession<Value>(
      _ begin: String, before deadline: ContinuousClock.Instant?, _ work: (PostgreSQLConnection) throws -> Value
    ) throws -> Value {
      let asked = ContinuousClock.now
      return try state.withLock { state in
        // Whoever waited behind one that found nobody does not wait again.
        if let lost = state.lost, lost > asked { throw PostgreSQLError() }
        var session = state.session
        state.session = nil
        do {
          do {
            session?.deadline = deadline
            if let session { try Self.begin(begin, session) }
          } catch let error as PostgreSQLError where error.isUnreachable && !error.isSilent {
            // Cut off meanwhile, by a server that may be there again.
            session = nil
          }
          let usable: PostgreSQLConnection
          if let session {
            usable = session
          } else {
            usable = try PostgreSQLConnection.open(settings, patience: patience, before: deadline)
            try Self.begin(begin, usable)
          }
          let value = try work(usable)
          state.session = usable
          return value
        } catch {
          if (error as? PostgreSQLError)?.isUnreachable == true { state.lost = .now }
          throw error
        }
      }
    }
  }
#endif
