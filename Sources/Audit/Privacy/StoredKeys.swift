// SPDX-License-Identifier: Apache-2.0

/// What the table of data keys says of a patient, as far as the keys themselves and the records bear it out.
struct StoredKeys {
  /// Their numbers.
  private(set) var numbers: [Int64] = []
  /// What records of the patient bear; nil without the root key.
  private let tokens: Set<[UInt8]>?

  /// The living data keys of a patient. Without the root key what the table says is believed.
  ///
  /// - Parameter destroyed: numbers of those that records say were destroyed.
  /// - Throws: `keyChanged` when a living one is another patient's; `olderSchema`.
  init(of pseudonym: [UInt8], _ database: any TrailDatabase, _ root: RootKeyring?, destroyed: Set<Int64>) throws {
    let rows = try database.query("SELECT id, wrapped FROM subject_key WHERE pseudonym = ?", [.bytes(pseudonym)]) {
      (id: $0.number(0) ?? 0, wrapped: $0.bytes(1))
    }.filter { !destroyed.contains($0.id) }
    // One that was destroyed has no pseudonym any more.
    tokens = try root.map { root in
      Set(try rows.map { try root.unwrap($0.wrapped ?? [], id: $0.id, of: pseudonym).token })
    }
    numbers = rows.map(\.id)
  }

  /// Whether a record that was found by the patient's pseudonym lies under one of the keys, or is of before there were any.
  func cover(_ record: AuditRecord) -> Bool {
    guard let tokens, let token = record.subject else { return true }
    return tokens.contains(token)
  }
}
