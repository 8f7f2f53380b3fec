// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  import CLibPQ
  import Glibc

  /// A session with PostgreSQL, over libpq: values go and come in binary, each statement is prepared once, and statements of which
  /// nothing is asked are sent ahead without waiting for their answers (libpq's pipeline mode). No answer is waited for beyond a
  /// deadline: libpq itself would wait for a server that hangs with its connections open for as long as that does.
  ///
  /// Safe: every pointer that libpq gives lives as long as its object here, and every one that it is given is read during the call.
  /// A session is used by one thread at a time, under the lock of its store.
  @safe final class PostgreSQLConnection: @unchecked Sendable {
    /// Statements sent ahead at most, so that what is kept here of them stays small.
    private static let mostAhead = 512

    private let connection: OpaquePointer
    /// How long the server may take for one answer, or for those of all statements that were sent ahead.
    private let patience: Duration
    /// When nobody waits any more for what is asked, however little was waited for each answer; nil where somebody does.
    var deadline: ContinuousClock.Instant?
    /// Names of the statements that the server knows.
    private var prepared: [String: String] = [:]
    /// Statements whose answers are still to be read.
    private var ahead = 0
    /// Cursors opened so far; each has a name of its own.
    private var cursors = 0

    /// Opens a session with a server that can be written to.
    ///
    /// - Parameters:
    ///   - settings: libpq's keywords and values.
    ///   - patience: how long it may take for an answer.
    init(_ settings: String, patience: Duration) throws {
      self.patience = patience
      // For each host in turn; the resolver of names has a deadline of its own. A machine that is gone without a word is given up.
      let before = "connect_timeout=2 tcp_user_timeout=5000 keepalives_idle=5 keepalives_interval=2 keepalives_count=3"
      // Behind the site's settings, so that they go before: what a standby tells may be old.
      let all = "\(before) application_name=vigil \(settings) target_session_attrs=read-write"
      guard let connection = unsafe PQconnectdb(all) else { throw PostgreSQLError() }
      unsafe self.connection = connection
      guard unsafe PQstatus(connection) == CONNECTION_OK, unsafe PQsetnonblocking(connection, 1) == 0 else {
        throw PostgreSQLError()
      }
      // What a process that is gone had asked for is given up as well.
      try run(
        """
        SET client_min_messages = error; SET client_connection_check_interval = '2s';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """)
    }

    deinit { unsafe PQfinish(connection) }

    /// Runs commands that are given no values and of whose rows nothing is asked.
    func run(_ commands: String) throws {
      try settle()
      _ = try unsafe answer(PQsendQuery(connection, commands))
    }

    /// Ends the transaction with all that was sent ahead in it; throws when anything of it was refused, and `isUndecided` when the
    /// answer was not heard.
    func commit() throws {
      do {
        try execute("COMMIT", [])
        try settle()
      } catch var error as PostgreSQLError {
        error.isUndecided = error.isUnreachable
        throw error
      }
      guard unsafe PQtransactionStatus(connection) == PQTRANS_IDLE else { throw PostgreSQLError(state: "25P02") }
    }

    // MARK: - Waiting

    /// When the next answer is not waited for any more.
    private var end: ContinuousClock.Instant { min(.now + patience, deadline ?? .now + patience) }

    /// Waits until the server has something to say, or can be told the rest.
    private func wait(writing: Bool, until deadline: ContinuousClock.Instant) throws {
      var place = pollfd(fd: unsafe PQsocket(connection), events: Int16(POLLIN | (writing ? POLLOUT : 0)), revents: 0)
      while true {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard left > 0 else { throw PostgreSQLError(isSilent: true) }
        let ready = unsafe poll(&place, 1, Int32(left.rounded(.up)))
        if ready > 0 { return }
        guard ready == 0 || errno == EINTR else { throw PostgreSQLError() }
      }
    }

    /// The next result; nil behind the last of a statement.
    private func result(until deadline: ContinuousClock.Instant) throws -> OpaquePointer? {
      while true {
        let unsent = unsafe PQflush(connection)
        guard unsent >= 0 else { throw PostgreSQLError() }
        // What it has got it gives without waiting.
        if unsafe PQisBusy(connection) == 0 { return unsafe PQgetResult(connection) }
        try wait(writing: unsent == 1, until: deadline)
        guard unsafe PQconsumeInput(connection) == 1 else { throw PostgreSQLError() }
      }
    }

    /// The last result of what was sent, when nothing of it was refused.
    private func answer(_ isSent: Int32) throws -> PostgreSQLResult {
      guard isSent == 1 else { throw PostgreSQLError() }
      let end = end
      var last: PostgreSQLResult?
      while let pointer = try unsafe result(until: end) { last = try unsafe check(pointer) }
      guard let last else { throw PostgreSQLError() }
      return last
    }

    // MARK: - Statements sent ahead

    /// Waits for the answers of what was sent ahead.
    private func settle() throws {
      guard ahead > 0 else { return }
      ahead = 0
      guard unsafe PQpipelineSync(connection) == 1 else { throw PostgreSQLError() }
      let end = end
      var refusal: (any Error)?
      while true {
        guard let pointer = try unsafe result(until: end) else {
          // Nil parts the answers of two statements; a session that is lost gives nothing else.
          guard unsafe PQstatus(connection) == CONNECTION_OK else { throw refusal ?? PostgreSQLError() }
          continue
        }
        if unsafe PQresultStatus(pointer) == PGRES_PIPELINE_SYNC {
          unsafe PQclear(pointer)
          break
        }
        do { _ = try unsafe check(pointer) } catch { refusal = refusal ?? error }
      }
      guard unsafe PQexitPipelineMode(connection) == 1 else { throw PostgreSQLError() }
      if let refusal { throw refusal }
    }

    // MARK: - Values and results

    /// Hands values to libpq: their types, places, lengths and formats.
    private func with<Result>(
      _ values: [TrailValue],
      _ body: (
        _ types: [Oid], _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]
      ) throws -> Result
    ) rethrows -> Result {
      var types: [Oid] = []
      var bytes: [UInt8] = []
      var places: [Range<Int>?] = []
      for value in values {
        let start = bytes.count
        let isNull: Bool
        switch value {
        case .number(let number):
          types.append(20)  // int8
          isNull = number == nil
          if let number { bytes += TaggedFields.bigEndian(UInt64(bitPattern: number)) }
        case .text(let text):
          types.append(25)
          isNull = text == nil
          bytes += text?.utf8.map { $0 } ?? []
        case .bytes(let value):
          types.append(17)
          isNull = value == nil
          bytes += value ?? []
        }
        places.append(isNull ? nil : start..<bytes.count)
      }
      // An empty value has a place as well.
      bytes.append(0)
      return try unsafe bytes.withUnsafeBytes { buffer in
        let base = unsafe buffer.bindMemory(to: CChar.self).baseAddress
        let pointers = unsafe places.map { place in unsafe place.flatMap { unsafe base?.advanced(by: $0.lowerBound) } }
        return try unsafe body(
          types, pointers, places.map { Int32($0?.count ?? 0) }, [Int32](repeating: 1, count: values.count))
      }
    }

    /// The result of a statement, when it was not refused.
    private func check(_ pointer: OpaquePointer?) throws -> PostgreSQLResult {
      guard let pointer = unsafe pointer else { throw PostgreSQLError() }
      let result = unsafe PostgreSQLResult(pointer)
      guard unsafe [PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY].contains(PQresultStatus(pointer)) else {
        throw PostgreSQLError(state: result.state)
      }
      return result
    }

    /// `?` is `$1`, `$2` and so on here. No statement has a question mark of another meaning.
    private static func numbered(_ sql: String) -> String {
      var count = 0
      return sql.split(separator: "?", omittingEmptySubsequences: false).reduce(into: "") { text, part in
        if count > 0 { text += "$\(count)" }
        text += part
        count += 1
      }
    }

    private func run(_ sql: String, _ values: [TrailValue]) throws -> PostgreSQLResult {
      try settle()
      let name = prepared[sql] ?? "s\(prepared.count)"
      return try unsafe with(values) { types, pointers, lengths, formats in
        if prepared[sql] == nil {
          _ = try unsafe answer(
            PQsendPrepare(connection, name, Self.numbered(sql), Int32(types.count), types))
          prepared[sql] = name
        }
        return try unsafe answer(
          PQsendQueryPrepared(connection, name, Int32(types.count), pointers, lengths, formats, 1))
      }
    }
  }

  extension PostgreSQLConnection: TrailDatabase {
    func execute(_ sql: String, _ values: [TrailValue]) throws {
      if ahead >= Self.mostAhead { try settle() }
      if ahead == 0 {
        guard unsafe PQenterPipelineMode(connection) == 1 else { throw PostgreSQLError() }
      }
      // A session in which one of them is refused is not used again, so that a name that was given is known.
      let name = prepared[sql] ?? "s\(prepared.count)"
      try unsafe with(values) { types, pointers, lengths, formats in
        if prepared[sql] == nil {
          guard unsafe PQsendPrepare(connection, name, Self.numbered(sql), Int32(types.count), types) == 1
          else { throw PostgreSQLError() }
          prepared[sql] = name
          ahead += 1
        }
        guard
          unsafe PQsendQueryPrepared(connection, name, Int32(types.count), pointers, lengths, formats, 1) == 1
        else { throw PostgreSQLError() }
        ahead += 1
      }
    }

    func change(_ sql: String, _ values: [TrailValue]) throws -> Int {
      try run(sql, values).changes
    }

    func query<Value>(
      _ sql: String, _ values: [TrailValue], _ value: (any TrailRow) throws -> Value
    ) throws -> [Value] {
      try run(sql, values).rows.map(value)
    }

    func rows(_ sql: String, _ values: [TrailValue]) throws -> TrailRows {
      try settle()
      cursors += 1
      let name = "c\(cursors)"
      _ = try unsafe with(values) { types, pointers, lengths, formats in
        try unsafe answer(
          PQsendQueryParams(
            connection, "DECLARE \(name) NO SCROLL CURSOR FOR \(Self.numbered(sql))", Int32(types.count), types,
            pointers, lengths, formats, 1))
      }
      let page = 200
      var rest: ArraySlice<PostgreSQLResult.Row> = []
      var isLast = false
      return TrailRows { [self] in
        if rest.isEmpty, !isLast {
          try settle()
          let fetch = "FETCH \(page) FROM \(name)"
          rest = try unsafe answer(PQsendQueryParams(connection, fetch, 0, nil, nil, nil, nil, 1)).rows[...]
          isLast = rest.count < page
          if isLast { try run("CLOSE \(name)") }
        }
        return rest.popFirst()
      }
    }
  }
#endif
