// SPDX-License-Identifier: Apache-2.0

/// What PostgreSQL refused, or that it is not to be reached. Its words are not kept: they may hold what a row holds.
struct PostgreSQLError: Error {
  /// SQLSTATE (PostgreSQL documentation, appendix A); nil where nobody answered.
  var state: String?
}
