// SPDX-License-Identifier: Apache-2.0
/// The legal holds as the records tell of them, to compare with the table that erasures ask.
///
/// A patient whom two processes met at the same moment has a data key of each, and a hold may lie under the one and its release under the
/// other: both are of the pseudonym that the two keys are bound to.
struct VerifiedHolds {
  /// What a record says was done.
  private struct Deed {
    let sequence: Int64
    let subject: Int64?
    let legalCase: String?
    /// Of a release, the record before which the holds were put on that it ends; nil for a hold.
    let end: Int64?
  }

  /// Whose a hold is, and of which case.
  private struct Owner: Hashable {
    /// Nil once the patient's keys were destroyed.
    let pseudonym: [UInt8]?
    /// Number of the data key, where that is all that is left.
    let subject: Int64?
    let legalCase: String?
  }

  /// In the order of their records.
  private var deeds: [Deed] = []

  mutating func hold(_ subject: Int64?, of legalCase: String?, _ sequence: Int64) {
    deeds.append(Deed(sequence: sequence, subject: subject, legalCase: legalCase, end: nil))
  }

  /// A release ends the holds of its case on the patient that were in force when it was proposed; one of no case, which is not done
  /// where others came meanwhile, those that are in force.
  mutating func release(_ subject: Int64?, of legalCase: String?, proposal: Int64?, _ sequence: Int64) {
    let end = legalCase == nil ? Int64.max : proposal ?? .max
    deeds.append(Deed(sequence: sequence, subject: subject, legalCase: legalCase, end: end))
  }

  /// Records whose hold the table does not have as it should, or has without a record, in order.
  ///
  /// - Parameter pseudonyms: those that the subjects' keys are listed under; nil when the key was destroyed.
  func differences(_ database: any TrailDatabase, pseudonyms: [Int64: [UInt8]?]) throws -> [Int64] {
    func patient(_ deed: Deed) -> [UInt8]? { deed.subject.flatMap { pseudonyms[$0] ?? nil } }
    var left: [Int64: Deed] = [:]
    var releases: [Int64: Deed] = [:]
    var released: [Int64: Int64] = [:]
    var inForce: [Owner: [Int64]] = [:]
    for deed in deeds {
      let pseudonym = patient(deed)
      let owner = Owner(
        pseudonym: pseudonym, subject: pseudonym == nil ? deed.subject : nil, legalCase: deed.legalCase)
      guard let end = deed.end else {
        left[deed.sequence] = deed
        inForce[owner, default: []].append(deed.sequence)
        continue
      }
      releases[deed.sequence] = deed
      let found = inForce.removeValue(forKey: owner) ?? []
      for hold in found where hold < end { released[hold] = deed.sequence }
      let later = found.filter { $0 >= end }
      if !later.isEmpty { inForce[owner] = later }
    }
    let ending = Set(released.values)
    // Which keys were one patient's nobody can say once they are destroyed, nor does the hold keep anything any more: any such release of
    // the case may be the one. So may be one under a living key that ended nothing else: purges once destroyed one of two keys alone.
    func mayEnd(_ hold: Deed, _ number: Int64?) -> Bool {
      guard let number, let release = releases[number], let end = release.end,
        patient(release) == nil || !ending.contains(number)
      else { return false }
      return release.legalCase == hold.legalCase && hold.sequence < min(end, release.sequence)
    }
    var differing: Set<Int64> = []
    let rows = try database.rows("SELECT sequence, pseudonym, released FROM hold", [])
    while let row = try rows.next() {
      guard let sequence = row.number(0), let pseudonym = row.bytes(1) else { continue }
      guard let hold = left.removeValue(forKey: sequence) else {
        differing.insert(sequence)
        continue
      }
      let owner = patient(hold)
      let isEnded = released[sequence] == row.number(2) || owner == nil && mayEnd(hold, row.number(2))
      // Of an erased patient nobody knows whose the hold was.
      if !isEnded || pseudonym != owner ?? [UInt8](repeating: 0, count: pseudonym.count) { differing.insert(sequence) }
    }
    return differing.union(left.keys).sorted()
  }
}
