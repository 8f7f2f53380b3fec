// SPDX-License-Identifier: Apache-2.0

/// A legal hold in force: a row of the table that erasures ask, with the case that the record says which put it on.
///
/// The table has no column for the case. What a leaf says would be kept a second time, where it could be edited by itself.
struct LegalHold {
  /// Number of the record that put it on.
  let sequence: Int64
  /// The patient.
  let pseudonym: [UInt8]
  /// Name of the case that it belongs to; nil for one of no case.
  let legalCase: String?

  // Each leaf is looked up by itself: for a join PostgreSQL may read through all records.
  private static let select = """
    SELECT sequence, pseudonym, (SELECT leaf FROM record WHERE record.sequence = hold.sequence)
    FROM hold WHERE released IS NULL
    """

  private init(_ row: any TrailRow) throws(AuditError) {
    guard let sequence = row.number(0), let pseudonym = row.bytes(1),
      let record = row.bytes(2).flatMap(AuditRecord.init(leaf:)), record.sequence == sequence,
      record.entry.kind == .hold
    else { throw AuditError(.damaged, sequence: row.number(0)) }
    self.sequence = sequence
    self.pseudonym = pseudonym
    legalCase = record.entry.legalCase
  }

  /// Puts one on a patient, as a record says.
  static func put(on pseudonym: [UInt8], by sequence: Int64, in database: any TrailDatabase) throws {
    try database.execute(
      "INSERT INTO hold (pseudonym, sequence) VALUES (?, ?)", [.bytes(pseudonym), .number(sequence)])
  }

  /// Whether there is one on a patient, of whatever case.
  static func isInForce(on pseudonym: [UInt8], in database: any TrailDatabase) throws -> Bool {
    try database.number(
      "SELECT count(*) FROM hold WHERE pseudonym = ? AND released IS NULL", [.bytes(pseudonym)]) != 0
  }

  /// Those of a case on a patient, in the order in which they were put on.
  static func inForce(
    on pseudonym: [UInt8], of legalCase: String?, in database: any TrailDatabase
  ) throws -> [LegalHold] {
    try database.query("\(select) AND pseudonym = ? ORDER BY sequence", [.bytes(pseudonym)], LegalHold.init)
      .filter { $0.legalCase == legalCase }
  }

  /// The patients on whom there is one of a case, each once, in the order of their pseudonyms. All holds in force are looked at, so whoever
  /// goes on with many patients asks once and then for each of them.
  ///
  /// - Parameters:
  ///   - most: so many patients at most.
  ///   - passesOverDamage: whether one that cannot be read is none, and does not end it.
  ///   - isMeant: which holds count.
  static func patients(
    of legalCase: String?, most: Int = .max, passesOverDamage: Bool = false, in database: any TrailDatabase,
    where isMeant: (LegalHold) -> Bool = { _ in true }
  ) throws -> [[UInt8]] {
    let rows = try database.rows("\(select) ORDER BY pseudonym, sequence", [])
    var patients: [[UInt8]] = []
    while patients.count < most, let row = try rows.next() {
      let hold: LegalHold
      do throws(AuditError) {
        hold = try LegalHold(row)
      } catch {
        if passesOverDamage { continue }
        throw error
      }
      guard hold.legalCase == legalCase, hold.pseudonym != patients.last, isMeant(hold) else { continue }
      patients.append(hold.pseudonym)
    }
    return patients
  }

  /// Whether its record is the one that was signed, as far as the stored hashes are, and lies under a data key of its patient's.
  func isProven(in database: any TrailDatabase, _ root: RootKeyring) throws -> Bool {
    let stored = try database.query(
      """
      SELECT leaf, subject_key.id, wrapped, pseudonym FROM record JOIN subject_key ON subject_key.id = record.subject
      WHERE sequence = ?
      """, [.number(sequence)]
    ) { (leaf: $0.bytes(0), id: $0.number(1), wrapped: $0.bytes(2), pseudonym: $0.bytes(3)) }
    guard let row = stored.first, let leaf = row.leaf, let id = row.id, let wrapped = row.wrapped,
      row.pseudonym == pseudonym, try StoredRecord.isInTree(leaf, at: sequence, database)
    else { return false }
    let token = try root.unwrap(wrapped, id: id, of: pseudonym).token
    return AuditRecord(leaf: leaf)?.subject == token
  }

  /// Whether no record has ended it meanwhile.
  func isInForce(in database: any TrailDatabase) throws -> Bool {
    try database.number(
      "SELECT count(*) FROM hold WHERE pseudonym = ? AND sequence = ? AND released IS NULL",
      [.bytes(pseudonym), .number(sequence)]) != 0
  }

  /// Ends it, as a record says, where no other has ended it meanwhile.
  func end(by release: Int64, in database: any TrailDatabase) throws {
    try database.execute(
      "UPDATE hold SET released = ? WHERE pseudonym = ? AND sequence = ? AND released IS NULL",
      [.number(release), .bytes(pseudonym), .number(sequence)])
  }
}
