// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A reading of what names a patient that could not wait for another person's word: on record before anything is shown, and in a queue
/// until another person has signed it (`docs/decisions/0049`).
package enum EmergencyReading {
  /// What the record of one says in `outcome`; permanent.
  static let outcome = "emergency"

  /// What is put on record of one.
  ///
  /// - Parameter reason: in the person's words; without a patient's data.
  package static func entry(
    of record: AuditRecord, by user: String, because reason: String, at now: Instant
  ) -> AuditEntry {
    var entry = AuditEntry(time: now, kind: .read)
    entry.outcome = outcome
    entry.origin = user
    entry.reason = reason
    entry.note = "show \(record.sequence) unmasked in an emergency"
    entry.patient = record.entry.patient
    return entry
  }
}

extension AuditEntry {
  /// Whether it is a reading in an emergency.
  var isEmergencyReading: Bool { kind == .read && outcome == EmergencyReading.outcome }
}

/// The readings in an emergency that nobody has signed yet, of as much of a trail as was followed. Nobody signs their own
/// (`AuditTrail.sign`).
package struct EmergencyQueue: Sendable {
  /// Oldest first, without payloads.
  package private(set) var waiting: [AuditRecord] = []
  /// The last record that was surely looked at.
  private var last: Int64 = 0

  /// Nothing followed.
  package init() {}

  /// Follows the trail up to its end.
  ///
  /// - Parameters:
  ///   - size: records that there surely are.
  ///   - read: runs a read in one snapshot.
  mutating func follow<Failure: Error>(
    atLeastTo size: Int64,
    read: (_ work: (any TrailDatabase) throws -> [AuditRecord]) throws(Failure) -> [AuditRecord]
  ) throws(Failure) {
    var search = BlockSearch()
    search.groups = [
      [SearchTerm(.outcome, EmergencyReading.outcome), SearchTerm(.kind, AuditEntry.Kind.review.rawValue)]
    ]
    search.sequences = (last + 1)..<Int64.max
    search.isAscending = true
    search.isWanted = { $0.entry.isEmergencyReading || $0.entry.signature != nil }
    for record in try search.first(.max, read: read) {
      if let signature = record.entry.signature {
        waiting.removeAll { signature.records.contains($0.sequence) }
      } else {
        waiting.append(record)
      }
      last = record.sequence
    }
    last = max(last, size)
  }
}

extension AuditReader {
  /// The readings in an emergency that nobody has signed, oldest first.
  package func unsignedEmergencies() throws(AuditError) -> [AuditRecord] {
    var queue = EmergencyQueue()
    try queue.follow(atLeastTo: 0) { work throws(AuditError) in try read(work) }
    return queue.waiting
  }
}

extension AuditTrail {
  /// A queue as it is by now, whoever read and signed.
  package func followed(_ queue: EmergencyQueue) async throws(AuditError) -> EmergencyQueue {
    try await reading { trail in
      var queue = queue
      try queue.follow(atLeastTo: trail.size) { work throws(AuditError) in try trail.read(work) }
      return queue
    }
  }
}
