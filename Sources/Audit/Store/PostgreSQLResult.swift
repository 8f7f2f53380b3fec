// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
  import CLibPQ

  /// What PostgreSQL answered to a statement, in binary.
  ///
  /// Safe: the pointer is this object's alone, and what it leads to lives until `deinit`.
  @safe final class PostgreSQLResult {
    private let pointer: OpaquePointer

    /// Takes a result of libpq over.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe PQclear(pointer) }

    /// SQLSTATE of a refusal.
    var state: String? {
      // PG_DIAG_SQLSTATE, a macro of a character.
      unsafe PQresultErrorField(pointer, Int32(UInt8(ascii: "C"))).map { unsafe String(cString: $0) }
    }

    /// How many rows were changed.
    var changes: Int { unsafe PQcmdTuples(pointer).flatMap { unsafe Int(String(cString: $0)) } ?? 0 }

    /// Its rows.
    var rows: [Row] { (unsafe 0..<PQntuples(pointer)).map { Row(result: self, index: $0) } }

    /// One of them.
    struct Row: TrailRow {
      let result: PostgreSQLResult
      let index: Int32

      private func with<Value>(_ column: Int, _ read: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        let (pointer, column) = unsafe (result.pointer, Int32(column))
        guard unsafe PQgetisnull(pointer, index, column) == 0, let bytes = unsafe PQgetvalue(pointer, index, column)
        else {
          return nil
        }
        return unsafe read(
          UnsafeRawBufferPointer(start: bytes, count: Int(PQgetlength(pointer, index, column))))
      }

      func number(_ column: Int) -> Int64? {
        // int8 and int4, big-endian.
        unsafe with(column) { bytes in
          switch bytes.count {
          case 8: unsafe bytes.reduce(Int64(0)) { $0 << 8 | Int64($1) }
          case 4: unsafe Int64(bytes.reduce(Int32(0)) { $0 << 8 | Int32($1) })
          default: nil
          }
        }
      }

      func text(_ column: Int) -> String? { unsafe with(column) { unsafe String(validating: $0, as: UTF8.self) } }

      func bytes(_ column: Int) -> [UInt8]? { unsafe with(column) { unsafe Array($0) } }
    }
  }
#endif
