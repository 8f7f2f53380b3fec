// SPDX-License-Identifier: Apache-2.0
import GRDB
import GRDBSQLite

extension Statement {
  /// Gives a statement its values, as SQLite takes them (sqlite.org/c3ref/bind_blob.html). GRDB's own arguments are boxed one by one,
  /// which takes longer than to insert a row; it goes on executing, and says what failed.
  ///
  /// - Throws: `DatabaseError`.
  func bind(_ values: [TrailValue]) throws {
    // GRDB refuses to execute what it was given no arguments for; for the rest of the statement's life they are bound here.
    if arguments.isEmpty, !values.isEmpty {
      setUncheckedArguments(StatementArguments(values.map { _ in DatabaseValue.null }))
    }
    // The statement lives as long as this object. What went wrong when it was last run was said then.
    let statement = unsafe sqliteStatement
    unsafe sqlite3_reset(statement)
    for (offset, value) in values.enumerated() {
      let index = CInt(offset + 1)
      let code = unsafe Self.bind(value, to: statement, at: index)
      guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
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
      return unsafe sqlite3_bind_text(statement, index, text, CInt(text.utf8.count), copied)
    case .bytes(let bytes?):
      // No bytes may have no address, which SQLite takes for NULL.
      if bytes.isEmpty { return unsafe sqlite3_bind_zeroblob(statement, index, 0) }
      return unsafe sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), copied)
    case .number(nil), .text(nil), .bytes(nil):
      return unsafe sqlite3_bind_null(statement, index)
    }
  }
}
