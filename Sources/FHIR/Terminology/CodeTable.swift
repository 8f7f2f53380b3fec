// SPDX-License-Identifier: Apache-2.0

/// What codes mean, found by the bytes of a document in place: a chart asks this thousands of times, and each time a
/// string would be made otherwise.
struct CodeTable: Sendable {
  /// For each entry the positions of the value sets that contain it, ascending.
  private(set) var valueSets: [[Int]] = []
  private var keys: [Key] = []
  /// Systems of which every code means the same.
  private var whole: [Int] = []
  /// Systems and codes, one after the other.
  private var bytes: [UInt8] = []
  /// Open addressing by the hash of the code; at most half are taken.
  private var slots = [Slot](repeating: .free, count: 64)
  private var taken = 0

  /// Where the system and the code of an entry stand in `bytes`.
  private struct Key {
    let hash: UInt64
    let start: Int
    let middle: Int
    let end: Int
  }

  /// An entry, and enough of its hash to pass over nearly all others without a look at them.
  private struct Slot {
    let entry: Int32
    let tag: UInt32
    static let free = Slot(entry: -1, tag: 0)
  }

  /// - Parameter code: nil for every code of the system that has no entry of its own.
  mutating func append(system: String, code: String?, valueSets: [Int]) {
    let start = bytes.count
    bytes += system.utf8
    let middle = bytes.count
    bytes += (code ?? "").utf8
    // The slice made of `bytes` does not outlive the call, here and below.
    let hash = unsafe bytes.withUnsafeBufferPointer { unsafe TextSlice($0)[middle..<$0.count].hash64 }
    let entry = keys.count
    keys.append(Key(hash: hash, start: start, middle: middle, end: bytes.count))
    self.valueSets.append(valueSets)
    if code == nil { return whole.append(entry) }
    taken += 1
    if taken * 2 <= slots.count { return place(entry) }
    slots = [Slot](repeating: .free, count: slots.count * 4)
    for entry in keys.indices where !whole.contains(entry) { place(entry) }
  }

  private mutating func place(_ entry: Int) {
    var slot = Int(truncatingIfNeeded: keys[entry].hash) & (slots.count - 1)
    while slots[slot].entry >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Slot(entry: Int32(entry), tag: UInt32(keys[entry].hash >> 32))
  }

  /// The entry of a system and code; nil when there is none.
  func find(system: TextSlice, code: TextSlice) -> Int? {
    let hash = code.hash64
    let tag = UInt32(hash >> 32)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot].entry >= 0 {
      if slots[slot].tag == tag {
        let entry = Int(slots[slot].entry)
        if isEqual(keys[entry], system, code) { return entry }
      }
      slot = (slot + 1) & mask
    }
    return whole.first { isEqual(keys[$0], system, nil) }
  }

  private func isEqual(_ key: Key, _ system: TextSlice, _ code: TextSlice?) -> Bool {
    guard system.count == key.middle - key.start, code.map({ $0.count == key.end - key.middle }) ?? true else {
      return false
    }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      let own = unsafe TextSlice(bytes)
      return own[key.start..<key.middle] == system && code.map { own[key.middle..<key.end] == $0 } ?? true
    }
  }
}
