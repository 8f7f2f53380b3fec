// SPDX-License-Identifier: Apache-2.0

/// What the newest record of kind `root-key` says: which key new data keys are wrapped under since then, and whether all others are too.
struct RootKeyReplacement {
  /// How far it is, in the record's `outcome`.
  enum Step: String {
    /// Old data keys are being wrapped anew; `root.key` holds both keys.
    case begun
    /// No data key needs the old one.
    case done
  }

  let step: Step
  /// `RootKey.fingerprint` of the new key, in the record's note as hexadecimal.
  let fingerprint: [UInt8]
  /// The record.
  let record: AuditRecord

  /// Nil for a record that says no such thing.
  init?(_ record: AuditRecord) {
    guard record.entry.kind == .rootKey, let step = record.entry.outcome.flatMap(Step.init),
      let fingerprint = record.entry.note.flatMap({ AuditRecord.bytes(hexadecimal: $0) })
    else { return nil }
    (self.step, self.fingerprint, self.record) = (step, fingerprint, record)
  }

  /// The newest behind a record; nil where the root key was never replaced.
  ///
  /// - Parameter read: runs a read in one snapshot.
  static func newest<Failure: Error>(
    after sequence: Int64 = 0,
    _ read: (_ work: (any TrailDatabase) throws -> [AuditRecord]) throws(Failure) -> [AuditRecord]
  ) throws(Failure) -> RootKeyReplacement? {
    try BlockSearch.newest(.rootKey, after: sequence, read: read).flatMap { RootKeyReplacement($0) }
  }

  /// Makes sure that no record says anything of the root key between two records, which are near each other: no index leads there.
  ///
  /// - Throws: `rootKeyUnfinished`; `setBack` where the first is not there any more.
  static func confirmNone(after first: Int64, before end: Int64, in database: any TrailDatabase) throws {
    guard first < end else { throw AuditError(.setBack) }
    let count = try database.number(
      "SELECT count(*) FROM record WHERE sequence > ? AND sequence < ? AND kind = ?",
      [.number(first), .number(end), .text(AuditEntry.Kind.rootKey.rawValue)])
    guard count == 0 else { throw AuditError(.rootKeyUnfinished) }
  }

  /// Makes sure that the trail is the one in which this was found, grown: a database that was set back may know of no such key.
  ///
  /// - Parameter seen: a record that was there.
  /// - Returns: the number of the last record.
  /// - Throws: `setBack`.
  @discardableResult
  func confirm(with seen: Int64, in database: any TrailDatabase) throws -> Int64 {
    let rows = try database.query(
      """
      SELECT (SELECT max(sequence) FROM record),
        (SELECT count(*) FROM record WHERE sequence = ? AND kind = ? AND leaf = ?)
      """,
      [.number(record.sequence), .text(AuditEntry.Kind.rootKey.rawValue), .bytes(record.leaf)]
    ) { (last: $0.number(0) ?? 0, count: $0.number(1) ?? 0) }
    guard let found = rows.first, found.last >= seen, found.count == 1 else { throw AuditError(.setBack) }
    return found.last
  }
}
