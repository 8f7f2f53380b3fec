// SPDX-License-Identifier: Apache-2.0

/// How many independent rows the rows of stays stand for: those of one stay are alike (Kish 1965).
enum EffectiveRows {
  /// Of stays with so many rows each: (Σn)² / Σn².
  static func of(_ rows: [Int]) -> Double {
    let total = rows.reduce(0, +)
    return total > 0 ? Double(total * total) / Double(rows.reduce(0) { $0 + $1 * $1 }) : 0
  }
}
