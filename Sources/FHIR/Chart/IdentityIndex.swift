// SPDX-License-Identifier: Apache-2.0

/// Positions of resources by type, id and, where it is known, server.
///
/// A server is known by an absolute `fullUrl` or reference only. Where one side does not know it, type and id decide;
/// where both do and differ, the resources differ.
struct IdentityIndex: Sendable {
  private struct Key: Hashable {
    let type: TextSlice
    let id: TextSlice
  }

  private var first: [Key: Int] = [:]
  // Further positions of the same key, on other servers: rare.
  private var more: [Key: [Int]] = [:]
  private var bases: [TextSlice?] = []

  init(capacity: Int) {
    first.reserveCapacity(capacity)
    bases.reserveCapacity(capacity)
  }

  /// Takes a resource that `find` did not find. Positions count the calls, from 0.
  mutating func add(type: TextSlice, id: TextSlice?, base: TextSlice?) {
    let position = bases.count
    bases.append(base)
    guard let id else { return }
    let key = Key(type: type, id: id)
    if first[key] == nil { first[key] = position } else { more[key, default: []].append(position) }
  }

  /// What a search found.
  enum Match {
    case none
    case one(Int)
    /// Several servers' resources may be meant.
    case ambiguous
  }

  func find(type: TextSlice, id: TextSlice, base: TextSlice?) -> Match {
    let key = Key(type: type, id: id)
    guard let position = first[key] else { return .none }
    guard let others = more[key] else {
      return isCompatible(bases[position], base) ? .one(position) : .none
    }
    let candidates = ([position] + others).filter { isCompatible(bases[$0], base) }
    if let base, let exact = candidates.first(where: { bases[$0] == base }) { return .one(exact) }
    return candidates.count > 1 ? .ambiguous : candidates.first.map(Match.one) ?? .none
  }

  private func isCompatible(_ left: TextSlice?, _ right: TextSlice?) -> Bool {
    guard let left, let right else { return true }
    return left == right
  }
}
