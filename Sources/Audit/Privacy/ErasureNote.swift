// SPDX-License-Identifier: Apache-2.0

/// What the record of an erasure says was destroyed: the numbers of data keys, never whose they were.
enum ErasureNote {
  private static let prefix = "destroyed subject keys "

  static func text(_ keys: [Int64]) -> String { prefix + keys.map(String.init).joined(separator: " ") }

  static func keys(in note: String) -> [Int64] {
    note.hasPrefix(prefix) ? note.dropFirst(prefix.count).split(separator: " ").compactMap { Int64($0) } : []
  }
}
