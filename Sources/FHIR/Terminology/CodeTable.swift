// SPDX-License-Identifier: Apache-2.0

/// What codes mean, found by the bytes of a document in place: a chart asks this thousands of times, and each time a
/// string would be made otherwise.
struct CodeTable: Sendable {
  /// `system|code` of each entry.
  private(set) var texts: [String] = []
  /// For each entry the positions of the value sets that contain it, ascending.
  private(set) var valueSets: [[Int]] = []
  private var keys: [Key] = []
  /// Systems and codes, one after the other; keys have ranges of it.
  private var bytes: [UInt8] = []
  /// Open addressing by the hash of the code: entries, -1 where free; at most half are taken.
  private var slots = [Int32](repeating: -1, count: 64)

  /// What an entry is found by.
  private struct Key {
    let hash: UInt64
    let system: Range<Int>
    let code: Range<Int>
  }

  mutating func append(system: String, code: String, valueSets: [Int]) {
    let start = bytes.count
    bytes += system.utf8
    let middle = bytes.count
    bytes += code.utf8
    let range = middle..<bytes.count
    // The slices made of `bytes` do not outlive the call, here and below.
    let hash = unsafe bytes.withUnsafeBufferPointer { unsafe TextSlice($0)[range].hash64 }
    keys.append(Key(hash: hash, system: start..<middle, code: range))
    texts.append("\(system)|\(code)")
    self.valueSets.append(valueSets)
    if keys.count * 2 <= slots.count { return place(keys.count - 1) }
    slots = [Int32](repeating: -1, count: slots.count * 4)
    for entry in keys.indices { place(entry) }
  }

  private mutating func place(_ entry: Int) {
    var slot = Int(truncatingIfNeeded: keys[entry].hash) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(entry)
  }

  /// The entry of a system and code; nil when there is none.
  func find(system: TextSlice, code: TextSlice) -> Int? {
    let hash = code.hash64
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if keys[entry].hash == hash, isEqual(keys[entry], system, code) { return entry }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func isEqual(_ key: Key, _ system: TextSlice, _ code: TextSlice) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let own = unsafe TextSlice(bytes)
      return own[key.code] == code && own[key.system] == system
    }
  }
}
