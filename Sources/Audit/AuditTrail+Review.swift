// SPDX-License-Identifier: Apache-2.0
extension AuditTrail {
  /// Records that a person has looked at records, and what the signature means.
  ///
  /// - Throws: `damaged` for an entry that is no signature; `notFound` when it is under records that are not there yet.
  func sign(_ entry: AuditEntry) async throws(AuditError) -> Int64 {
    guard let signature = entry.signature, !signature.name.isEmpty, entry.origin?.isEmpty == false,
      entry.reason?.isEmpty == false, signature.records.lowerBound > 0
    else { throw AuditError(.damaged) }
    return try await append(entry) { _, sequence in
      let last = signature.records.upperBound
      guard last < sequence else { throw AuditError(.notFound, sequence: last) }
    }
  }
}

extension AuditReader {
  /// The reviews that cover a record, oldest first.
  package func reviews(of sequence: Int64) throws(AuditError) -> [AuditRecord] {
    var blocks = BlockSearch()
    blocks.groups = [[SearchTerm(.kind, AuditEntry.Kind.review.rawValue)]]
    blocks.sequences = (sequence + 1)..<Int64.max
    blocks.isAscending = true
    blocks.isWanted = { $0.entry.signature?.records.contains(sequence) == true }
    return try blocks.first(.max) { work throws(AuditError) in try read(work) }
  }
}
