// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// How often each name came.
package struct Tally: Codable, Sendable, Equatable {
  private var counts: [String: Int] = [:]

  package init() {}

  /// All together.
  package var total: Int { counts.values.reduce(0, +) }

  /// Counts `name` once more, or `count` times.
  package mutating func add(_ name: String, _ count: Int = 1) { counts[name, default: 0] += count }

  /// Adds another tally's counts.
  package mutating func add(_ other: Tally) { counts.merge(other.counts, uniquingKeysWith: +) }

  /// How often `name` came.
  package func count(of name: String) -> Int { counts[name, default: 0] }

  /// Most frequent first, then by name.
  package var ranked: [(name: String, count: Int)] {
    counts.map { (name: $0.key, count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  package var json: JSON { .object(ranked.map { JSON.Member($0.name, .number($0.count)) }) }
}
