// SPDX-License-Identifier: Apache-2.0

/// The patients of whom records are given out to somebody, each once, in their order (`docs/decisions/0052`).
///
/// A record of a reading shows nobody anew: whoever follows the log, their own readings in it, would make it grow for ever. Of a patient
/// who was erased there is nothing to name. Those on whom a case puts a legal hold are named in the same way.
package struct ShownPatients: Sendable, Equatable {
  /// Their pseudonyms.
  package private(set) var pseudonyms: [[UInt8]] = []
  private var known: Set<[UInt8]> = []

  /// Nobody.
  package init() {}

  /// Those of records that are given out.
  package init(_ records: some Sequence<AuditRecord>) {
    for record in records { add(record) }
  }

  /// Those of pseudonyms.
  init(pseudonyms: some Sequence<[UInt8]>) {
    for pseudonym in pseudonyms { add(pseudonym) }
  }

  /// One more record that is given out.
  ///
  /// - Parameter isByPatient: whether it was looked for by its patient: then a reading shows of whom it was.
  package mutating func add(_ record: AuditRecord, isByPatient: Bool = false) {
    guard isByPatient || record.entry.kind != .read, let patient = record.entry.patient else { return }
    add(patient)
  }

  private mutating func add(_ pseudonym: [UInt8]) {
    if known.insert(pseudonym).inserted { pseudonyms.append(pseudonym) }
  }
}

extension AuditEntry {
  /// What the record of an export in which nobody is named says in `outcome`; permanent. It is an access, and no disclosure: the rule
  /// does not reach what names nobody (45 CFR 164.502(d)(2)).
  package static let deidentified = "deidentified"
  /// What the record of something that was asked for and not done says in `outcome`, its `reason` being the code; permanent.
  package static let refused = "refused"

  /// Whether it is the reading for such an export.
  var isDeidentifiedReading: Bool { kind == .read && outcome == Self.deidentified }
}
