// SPDX-License-Identifier: Apache-2.0
extension AuditTrail {
  /// What a person does to the trail or the service, or says against a record, for which that person's own signature says nothing; nor does it for what they
  /// read in an emergency.
  private static let deeds: [AuditEntry.Kind] = [
    .erasure, .hold, .release, .key, .control, .proposal, .approval, .amendment,
  ]

  /// Records that a person has looked at records, and what the signature means.
  ///
  /// - Throws: `damaged` for an entry that is no signature; `notFound` when it is under records that are not there yet; `ownDeed` when
  ///   one of them is of what the signer did to the trail: that is another person's to review.
  func sign(_ entry: AuditEntry) async throws(AuditError) -> Int64 {
    guard let signature = entry.signature, !signature.name.isEmpty, entry.origin?.isEmpty == false,
      entry.reason?.isEmpty == false, signature.records.lowerBound > 0
    else { throw AuditError(.damaged) }
    // What is not there yet may become the signer's own deed.
    let last = signature.records.upperBound
    guard last <= (try read { try $0.lastRecord() }) else { throw AuditError(.notFound, sequence: last) }
    var deeds = BlockSearch()
    deeds.groups = [
      Self.deeds.map { SearchTerm(.kind, $0.rawValue) } + [SearchTerm(.outcome, EmergencyReading.outcome)]
    ]
    // Records never change, so that what is there now can be asked beside the writer.
    deeds.sequences = signature.records.lowerBound..<(last + 1)
    deeds.isWanted = { Self.deeds.contains($0.entry.kind) || $0.entry.isEmergencyReading }
    for deed in try deeds.first(.max, read: { work throws(AuditError) in try read(work) }) {
      // Of what two people did, both stand behind it.
      let proposed = try deed.entry.proposal.flatMap { number throws(AuditError) in
        try read { try StoredRecord.record(number, $0) }
      }
      for person in [deed.entry.origin, proposed?.entry.origin].compactMap(\.self)
      where PersonName.isSame(person, entry.origin ?? "") {
        throw AuditError(.ownDeed, sequence: deed.sequence)
      }
    }
    return try await append(entry)
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
