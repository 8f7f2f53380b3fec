// SPDX-License-Identifier: Apache-2.0

/// What the table of data keys says of a patient, as far as the keys themselves bear it out.
enum StoredKeys {
  /// Numbers of the data keys of a patient. Without the root key what the table says is believed.
  ///
  /// - Throws: `keyChanged` when a living one is another patient's; `olderSchema`.
  static func numbers(of pseudonym: [UInt8], _ database: any TrailDatabase, _ root: RootKey?) throws -> [Int64] {
    let rows = try database.query("SELECT id, wrapped FROM subject_key WHERE pseudonym = ?", [.bytes(pseudonym)]) {
      (id: $0.number(0) ?? 0, wrapped: $0.bytes(1))
    }
    if let root {
      // One that was destroyed has no pseudonym any more.
      for row in rows { _ = try root.unwrap(row.wrapped ?? [], id: row.id, of: pseudonym) }
    }
    return rows.map(\.id)
  }
}
