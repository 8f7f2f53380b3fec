// SPDX-License-Identifier: Apache-2.0

/// What one process asks of the one that writes the trail, as it lies in the inbox.
struct InboxRequest: Equatable {
  private static let version: UInt8 = 2

  private enum Tag {
    static let leaf: UInt8 = 1, patients: UInt8 = 2, payload: UInt8 = 3
  }

  /// What a person did or asks to have done.
  let entry: AuditEntry
  /// The patients of whom a reading shows something, on whom a case puts a hold, or whose holds end with it.
  let patients: ShownPatients
  /// What the entry is made of, sealed under its patient's data key: of no patient anything lies in plain text, and not for a moment.
  let payload: SealedPayload?

  init(entry: AuditEntry, patients: ShownPatients, payload: SealedPayload?) {
    self.entry = entry
    self.patients = patients
    self.payload = payload
  }

  /// As it lies in the inbox.
  var bytes: [UInt8] {
    var fields = TaggedFields(version: Self.version)
    fields.append(Tag.leaf, AuditRecord(sequence: 0, entry: entry, commitment: payload?.commitment).leaf)
    fields.append(Tag.patients, patients.pseudonyms.isEmpty ? nil : Array(patients.pseudonyms.joined()))
    fields.append(Tag.payload, payload?.bytes)
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
      entry: record.entry, patients: ShownPatients(pseudonyms: starts.map { Array(named[$0..<($0 + length)]) }),
      payload: record.commitment.flatMap { commitment in
        fields[Tag.payload].map { SealedPayload(commitment: commitment, bytes: Array($0)) }
      })
  }
}
