// SPDX-License-Identifier: Apache-2.0
import GRDB
import GRDBSQLite

extension Statement {
  /// Runs a statement with values, given as SQLite takes them (sqlite.org/c3ref/bind_blob.html). GRDB's own arguments are boxed one by
  /// one, which takes longer than to insert a row; it goes on executing, and says what failed.
  ///
  /// A statement that is run so is never given arguments of GRDB's: it would bind those anew the next time.
  ///
  /// - Throws: `DatabaseError`.
  func execute(binding values: [TrailValue]) throws {
    // GRDB refuses to execute what it was given no arguments for; for the rest of the statement's life they are bound here.
    if arguments.isEmpty, !values.isEmpty {
      setUncheckedArguments(StatementArguments(values.map { _ in DatabaseValue.null }))
    }
    // The statement lives as long as this object. What went wrong when it was last run was said then.
    let statement = unsafe sqliteStatement
    unsafe sqlite3_reset(statement)
    defer {
      // SQLite's copies do not outlive the run: a wrapped key that is destroyed in the file is not to stay in memory.
      unsafe sqlite3_reset(statement)
      unsafe sqlite3_clear_bindings(statement)
    }
    guard unsafe sqlite3_bind_parameter_count(statement) == values.count else {
      throw DatabaseError(resultCode: .SQLITE_MISUSE)
    }
    for (offset, value) in values.enumerated() {
      let code = unsafe Self.bind(value, to: statement, at: CInt(offset + 1))
      guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
    try execute()
  }

  /// SQLite copies text and bytes before the call returns (`SQLITE_TRANSIENT`), so that a buffer need not outlive it.
  private static func bind(_ value: TrailValue, to statement: SQLiteStatement, at index: CInt) -> CInt {
    // The documented value of a macro that is not imported: a destructor that is no function, and never called.
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .number(let number?):
      return unsafe sqlite3_bind_int64(statement, index, number)
    case .text(let text?):
      // With its length: a text may hold a zero.
      return unsafe sqlite3_bind_text64(
        statement, index, text, UInt64(text.utf8.count), copied, UInt8(SQLITE_UTF8))
    case .bytes(let bytes?):
      // No bytes may have no address, which SQLite takes for NULL.
      if bytes.isEmpty { return unsafe sqlite3_bind_zeroblob(statement, index, 0) }
      return unsafe sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), copied)
    case .number(nil), .text(nil), .bytes(nil):
      return unsafe sqlite3_bind_null(statement, index)
    }
  }
}
