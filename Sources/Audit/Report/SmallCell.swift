// SPDX-License-Identifier: Apache-2.0

/// Numbers of patients so small that who knows one of them could tell them apart: 1 to 10 are not told (cell size suppression policy of
/// CMS), nor is what would tell them.
package enum SmallCell {
  /// From here on they are told.
  package static let least = 11

  /// Whether a number is not told; nobody is no cell.
  package static func isSmall(_ count: Int) -> Bool { count > 0 && count < least }

  /// A number of patients for people.
  package static func text(_ count: Int) -> String { isSmall(count) ? "<\(least)" : "\(count)" }
}

/// The patients behind a cell of a table, told apart only as long as they are few.
struct CellPatients {
  private(set) var people: Set<ProvenRecords.Person> = []

  var isSmall: Bool { SmallCell.isSmall(people.count) }

  mutating func insert(_ person: ProvenRecords.Person) {
    if people.count < SmallCell.least { people.insert(person) }
  }

  mutating func formUnion(_ other: CellPatients) {
    for person in other.people { insert(person) }
  }
}
