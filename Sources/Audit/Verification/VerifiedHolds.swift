// SPDX-License-Identifier: Apache-2.0
/// The legal holds as the records tell of them, to compare with the table that erasures ask.
struct VerifiedHolds {
  /// Whose a hold is, and of which case.
  private struct Owner: Hashable {
    let subject: Int64?
    let legalCase: String?
  }

  /// By the sequence number of the record that put the hold on: whose it is, and the record that released it.
  private var holds: [Int64: (subject: Int64?, released: Int64?)] = [:]
  /// Those in force.
  private var inForce: [Owner: [Int64]] = [:]

  mutating func hold(_ subject: Int64?, of legalCase: String?, _ sequence: Int64) {
    holds[sequence] = (subject, nil)
    inForce[Owner(subject: subject, legalCase: legalCase), default: []].append(sequence)
  }

  /// A release ends the holds of its case on the patient that were in force when it was proposed; one of no case, which is not done
  /// where others came meanwhile, those that are in force.
  mutating func release(_ subject: Int64?, of legalCase: String?, proposal: Int64?, _ sequence: Int64) {
    let owner = Owner(subject: subject, legalCase: legalCase)
    let end = legalCase == nil ? .max : proposal ?? .max
    let found = inForce.removeValue(forKey: owner) ?? []
    for hold in found where hold < end { holds[hold]?.released = sequence }
    let later = found.filter { $0 >= end }
    if !later.isEmpty { inForce[owner] = later }
  }

  /// Records whose hold the table does not have as it should, or has without a record, in order.
  ///
  /// - Parameter pseudonyms: those that the subjects' keys are listed under; nil when the key was destroyed.
  func differences(_ database: any TrailDatabase, pseudonyms: [Int64: [UInt8]?]) throws -> [Int64] {
    var differing: Set<Int64> = []
    var left = holds
    let rows = try database.rows("SELECT sequence, pseudonym, released FROM hold", [])
    while let row = try rows.next() {
      guard let sequence = row.number(0), let pseudonym = row.bytes(1) else { continue }
      guard let hold = left.removeValue(forKey: sequence) else {
        differing.insert(sequence)
        continue
      }
      // Of an erased patient nobody knows whose the hold was.
      let expected = hold.subject.flatMap { pseudonyms[$0] ?? nil } ?? [UInt8](repeating: 0, count: pseudonym.count)
      if hold.released != row.number(2) || pseudonym != expected { differing.insert(sequence) }
    }
    return differing.union(left.keys).sorted()
  }
}
