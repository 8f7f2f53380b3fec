// SPDX-License-Identifier: Apache-2.0

/// Resources by type, id and, where it is known, server.
///
/// A server is known by an absolute `fullUrl` or reference only. Where one side does not know it, type and id decide;
/// where both do and differ, the resources differ.
struct ResourceTable: Sendable {
  private(set) var resources: [GatheredResource] = []
  /// The tapes that the resources stand on, kept alive for them, and what stands in each.
  private var tapes: [Tape] = []
  private(set) var views: [TapeView] = []
  /// Bytes of text that the tapes hold.
  private(set) var textBytes = 0
  // Open addressing: positions in `resources`, -1 where free; at most half are taken. Resources of one type and id
  // on several servers are further along the same run.
  private var slots = [Int32](repeating: -1, count: 16)

  /// What a search found.
  enum Match {
    case none
    case one(Int)
    /// Several servers' resources may be meant.
    case ambiguous
  }

  /// Keeps a tape; its number.
  mutating func keep(_ tape: Tape) -> Int32 {
    if tapes.last !== tape {
      tapes.append(tape)
      textBytes += tape.bytes.count
      views.append(tape.view)
    }
    return Int32(tapes.count - 1)
  }

  /// Makes room for `count` more resources.
  mutating func reserve(_ count: Int) {
    let needed = resources.count + count
    // At least twofold, so that many small Bundles cost no more than one large.
    if needed > resources.capacity { resources.reserveCapacity(max(needed, resources.capacity * 2)) }
    if needed * 2 > slots.count { spread(over: needed * 2) }
  }

  /// How many tapes are kept.
  var tapeCount: Int { tapes.count }

  /// The tape that a resource of this table stands on.
  func tape(of resource: GatheredResource) -> Tape { tapes[Int(resource.tape)] }

  /// What stands on the tape of a resource of this table; to be read while the table is held.
  func view(of resource: GatheredResource) -> TapeView { views[Int(resource.tape)] }

  /// The node of a resource of this table.
  func node(_ resource: GatheredResource) -> Node { Node(tape: tape(of: resource), index: resource.index) }

  /// The same table without the resources at some positions.
  func removing(_ positions: Set<Int>) -> ResourceTable {
    var table = ResourceTable()
    table.tapes = tapes
    table.views = views
    table.textBytes = textBytes
    for position in resources.indices where !positions.contains(position) { table.append(resources[position]) }
    return table
  }

  /// Takes a resource that `find` did not find.
  mutating func append(_ resource: GatheredResource) {
    if (resources.count + 1) * 2 > slots.count { spread(over: slots.count * 4) }
    resources.append(resource)
    if resource.id != nil { place(resources.count - 1, resource.hash) }
  }

  /// Spreads the positions over at least `count` slots, a power of two.
  private mutating func spread(over count: Int) {
    var size = slots.count
    while size < count { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    for position in resources.indices where resources[position].id != nil {
      place(position, resources[position].hash)
    }
  }

  private mutating func place(_ position: Int, _ hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(position)
  }

  /// Puts another version in the place of a resource.
  mutating func replace(_ position: Int, by resource: GatheredResource) { resources[position] = resource }

  /// The held version of the same resource.
  func find(_ resource: GatheredResource) -> Match {
    // Nearly always the slot is free.
    guard resource.id != nil, slots[Int(truncatingIfNeeded: resource.hash) & (slots.count - 1)] >= 0 else {
      return .none
    }
    let first = candidates(resource.hash) {
      resources[$0].kind == resource.kind && resources[$0].id == resource.id && resources[$0].type == resource.type
    }
    return first.isEmpty ? .none : choose(first, resource.base)
  }

  /// The resource of a type and id, among those at the positions that `isHeld` accepts.
  func find(
    type: TextSlice, id: TextSlice, base: TextSlice?, where isHeld: (Int) -> Bool = { _ in true }
  ) -> Match {
    let found = candidates(id.hash64) { resources[$0].id == id && resources[$0].type == type && isHeld($0) }
    return found.isEmpty ? .none : choose(found, base)
  }

  private func candidates(_ hash: UInt64, _ matches: (Int) -> Bool) -> [Int] {
    var found: [Int] = []
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let position = Int(slots[slot])
      if resources[position].hash == hash, matches(position) { found.append(position) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return found
  }

  private func choose(_ candidates: [Int], _ base: TextSlice?) -> Match {
    let compatible = candidates.filter { position in
      guard let base, let own = resources[position].base else { return true }
      return own == base
    }
    if let base, let exact = compatible.first(where: { resources[$0].base == base }) { return .one(exact) }
    return compatible.count > 1 ? .ambiguous : compatible.first.map(Match.one) ?? .none
  }
}
