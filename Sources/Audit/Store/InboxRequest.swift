// SPDX-License-Identifier: Apache-2.0

/// What one process asks of the one that writes the trail, as it lies in the inbox.
struct InboxRequest: Equatable {
  private static let version: UInt8 = 2

  private enum Tag {
    static let leaf: UInt8 = 1, patients: UInt8 = 2
  }

  /// What a person did or asks to have done.
  let entry: AuditEntry
  /// The patients of whom a reading shows something.
  let patients: ShownPatients

  init(entry: AuditEntry, patients: ShownPatients) {
    self.entry = entry
    self.patients = patients
  }

  /// As it lies in the inbox.
  var bytes: [UInt8] {
    var fields = TaggedFields(version: Self.version)
    fields.append(Tag.leaf, AuditRecord(sequence: 0, entry: entry, commitment: nil).leaf)
    fields.append(Tag.patients, patients.pseudonyms.isEmpty ? nil : Array(patients.pseudonyms.joined()))
    return fields.bytes
  }

  /// Reads one; nil for what is none.
  init?(bytes: [UInt8]) {
    guard let fields = TaggedFields.read(bytes, version: Self.version), let leaf = fields[Tag.leaf],
      let record = AuditRecord(leaf: Array(leaf))
    else { return nil }
    let named = fields[Tag.patients] ?? []
    let length = SubjectKeyring.nobody.count
    guard named.count.isMultiple(of: length) else { return nil }
    let starts = stride(from: named.startIndex, to: named.endIndex, by: length)
    self.init(
      entry: record.entry, patients: ShownPatients(pseudonyms: starts.map { Array(named[$0..<($0 + length)]) }))
  }
}
