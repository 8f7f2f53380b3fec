// SPDX-License-Identifier: Apache-2.0

/// What codes mean, found by the bytes of a document in place: a chart asks this thousands of times, and each time a
/// string would be made otherwise.
struct CodeTable: Sendable {
  /// One code of one system.
  struct Entry: Sendable {
    /// `system|code`.
    let text: String
    /// Positions of the value sets that contain it, ascending.
    let valueSets: [Int]
    fileprivate let system: Range<Int>
    fileprivate let code: Range<Int>
  }

  private(set) var entries: [Entry] = []
  /// Systems and codes, one after the other; entries have ranges of it.
  private var bytes: [UInt8] = []
  /// Open addressing by the hash of the code: indexes into `entries`, -1 where free; at most half are taken.
  private var slots = [Int32](repeating: -1, count: 64)

  mutating func append(system: String, code: String, valueSets: [Int]) {
    let start = bytes.count
    bytes += system.utf8
    let middle = bytes.count
    bytes += code.utf8
    entries.append(
      Entry(text: "\(system)|\(code)", valueSets: valueSets, system: start..<middle, code: middle..<bytes.count))
    if entries.count * 2 <= slots.count { return place(entries.count - 1) }
    slots = [Int32](repeating: -1, count: slots.count * 4)
    for entry in entries.indices { place(entry) }
  }

  private mutating func place(_ entry: Int) {
    let hash = unsafe bytes.withUnsafeBufferPointer { unsafe TextSlice($0)[entries[entry].code].hash64 }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(entry)
  }

  /// The index of the entry of a system and code; nil when there is none.
  func find(system: TextSlice, code: TextSlice) -> Int? {
    // The slices made of `bytes` do not outlive the call.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let own = unsafe TextSlice(bytes)
      var slot = Int(truncatingIfNeeded: code.hash64) & (slots.count - 1)
      while slots[slot] >= 0 {
        let index = Int(slots[slot])
        if own[entries[index].code] == code, own[entries[index].system] == system { return index }
        slot = (slot + 1) & (slots.count - 1)
      }
      return nil
    }
  }
}
