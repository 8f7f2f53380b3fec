// SPDX-License-Identifier: Apache-2.0

/// Some records in a row as they are stored with what they were made of, end to end in memory, so that a thread which checks them
/// asks SQLite nothing.
struct StoredRows: Sendable {
  /// The columns of one record and its payload, texts and bytes by their places.
  struct Row: Sendable {
    let sequence: Int64
    let leaf: Range<Int>
    let time: Int64?
    let kind: Range<Int>?
    let service: Range<Int>?
    let hookInstance: Range<Int>?
    let patient: Range<Int>?
    let subject: Int64?
    let status: Int64?
    let encoding: Int64?
    let payload: Range<Int>?
    let payloadSubject: Int64?
  }

  /// What `init` needs of a query, in this order.
  static let select = """
    SELECT record.sequence, leaf, time, kind, service, hook_instance, patient, record.subject, status,
      payload.encoding, payload.bytes, payload.subject
    FROM record LEFT JOIN payload ON payload.sequence = record.sequence ORDER BY record.sequence
    """
  private static let mostRows = 512
  private static let mostBytes = 1 << 20

  private(set) var rows: [Row] = []
  private(set) var bytes: [UInt8] = []
  /// Why there are no more behind these; nil when there may be.
  private(set) var failure: (any Error)?

  /// The next rows of a query; nil when there are none.
  init?(_ query: TrailRows) {
    rows.reserveCapacity(Self.mostRows)
    bytes.reserveCapacity(Self.mostBytes + Self.mostBytes / 4)
    while rows.count < Self.mostRows, bytes.count < Self.mostBytes, let row = next(query) {
      rows.append(
        Row(
          sequence: row.number(0) ?? 0, leaf: copy(row, 1) ?? 0..<0, time: row.number(2), kind: copy(row, 3),
          service: copy(row, 4), hookInstance: copy(row, 5), patient: copy(row, 6), subject: row.number(7),
          status: row.number(8), encoding: row.number(9), payload: copy(row, 10), payloadSubject: row.number(11)))
    }
    if rows.isEmpty, failure == nil { return nil }
  }

  private mutating func next(_ query: TrailRows) -> (any TrailRow)? {
    do {
      return try query.next()
    } catch {
      failure = error
      return nil
    }
  }

  private mutating func copy(_ row: any TrailRow, _ column: Int) -> Range<Int>? {
    let start = bytes.count
    return row.append(column, to: &bytes) ? start..<bytes.count : nil
  }
}
