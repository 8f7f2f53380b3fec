// SPDX-License-Identifier: Apache-2.0

/// What PostgreSQL refused, or that it is not to be reached. Its words are not kept: they may hold what a row holds.
struct PostgreSQLError: Error {
  /// SQLSTATE (PostgreSQL documentation, appendix A); nil where nobody answered, or not in time.
  var state: String?
  /// Whether it was waited for in vain, rather than the connection lost.
  var isSilent = false
  /// Whether a transaction may be there all the same: what became of its COMMIT was not heard.
  var isUndecided = false

  /// Whether another row has the key of one that was to be inserted.
  var isDuplicate: Bool { state == "23505" }

  /// Whether it is the server that is gone, and nothing of what it was asked for: nobody answered, the connection was lost (class
  /// 08), or the server is stopping or starting (57P01 to 57P03).
  var isUnreachable: Bool { state.map { $0.hasPrefix("08") || $0.hasPrefix("57P0") } ?? true }
}
