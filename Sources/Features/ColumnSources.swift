// SPDX-License-Identifier: Apache-2.0

/// For each column of a vector the places in `Timeline.sources` of the values it was computed from, ascending, each once.
///
/// The places of all columns stand one after the other in one list: a vector has a thousand columns, most of few values.
package struct ColumnSources: RandomAccessCollection, Sendable, Equatable {
  private var places: [Int32] = []
  /// Where in `places` each column ends.
  private var ends: [Int] = []

  package init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { ends.count }

  /// The places of a column.
  package subscript(_ column: Int) -> ArraySlice<Int32> {
    places[(column == 0 ? 0 : ends[column - 1])..<ends[column]]
  }

  /// Adds places to the column that has not ended.
  mutating func append(_ more: ArraySlice<Int32>) { places.append(contentsOf: more) }

  /// Ends a column: puts its places in order, without duplicates and those that were not kept (-1).
  mutating func endColumn() {
    let start = ends.last ?? 0
    // Nearly always they are in order already, since a chart is read by time.
    var last: Int32 = -1
    let isOrdered = places[start...].allSatisfy { place in
      defer { last = place }
      return place > last
    }
    if !isOrdered {
      let own = places[start...].filter { $0 >= 0 }.sorted()
      places.removeSubrange(start...)
      for place in own where places.count == start || places[places.count - 1] != place { places.append(place) }
    }
    ends.append(places.count)
  }
}
