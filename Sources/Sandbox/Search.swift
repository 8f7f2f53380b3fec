// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A search for resources of one type, as its query asks for it (R4 search.html).
struct Search: Sendable {
  /// Why a search is not run.
  enum Fault: Error, Equatable {
    /// The query cannot be read.
    case malformed
    /// A parameter, modifier or value is not served.
    case unsupported
  }

  private enum Order {
    case ascending(SearchParameter)
    case descending(SearchParameter)
  }

  let type: String
  private var conditions: [(parameter: SearchParameter, alternatives: [String])] = []
  private var order: Order?
  private var includesLocations = false
  private(set) var count: Int
  private(set) var page = 1
  /// The parameters that count, as they stood, without the page.
  private(set) var query: [String] = []

  /// Reads a query.
  ///
  /// - Parameters:
  ///   - isStrict: whether an unknown parameter is refused instead of passed over (`Prefer: handling=strict`).
  ///   - pageSize: resources a page where the query asks for no other number, and at most.
  init(_ type: String, query text: String, isStrict: Bool, pageSize: Int) throws(Fault) {
    self.type = type
    count = pageSize
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(sides[0]), sides.count == 2, let value = Self.decoded(sides[1]), !value.isEmpty
      else {
        throw .malformed
      }
      guard try take(name, value) else {
        guard !isStrict else { throw .unsupported }
        continue
      }
      if name != "_page" { query.append(String(pair)) }
    }
  }

  /// False for a parameter that is not known.
  private mutating func take(_ name: String, _ value: String) throws(Fault) -> Bool {
    switch name {
    case "_count", "_maxresults":
      guard let number = Int(value), number > 0 else { throw .malformed }
      count = min(count, number)
    case "_page":
      guard let number = Int(value), number > 0 else { throw .malformed }
      page = number
    case "_sort":
      let isDescending = value.hasPrefix("-")
      guard let parameter = SearchParameter.named(isDescending ? String(value.dropFirst()) : value, of: type),
        case .date = parameter
      else { throw .unsupported }
      order = isDescending ? .descending(parameter) : .ascending(parameter)
    case "_include":
      guard type == "Encounter", value == "Encounter:location" else { throw .unsupported }
      includesLocations = true
    case "_format", "_summary", "_total": break
    default:
      guard !name.contains(":") else { throw .unsupported }
      guard let parameter = SearchParameter.named(name, of: type) else { return false }
      let alternatives = Self.alternatives(value)
      if case .date = parameter, alternatives.contains(where: { SearchDate($0) == nil }) { throw .malformed }
      conditions.append((parameter, alternatives))
    }
    return true
  }

  /// What is found: the matches of this page, the resources included with them, and how many matches there are in all.
  func run(in store: ResourceStore) -> (matches: [Node], included: [Node], total: Int) {
    var found = store.entries.filter { entry in
      entry.type == type && conditions.allSatisfy { $0.parameter.matches(entry.node, $0.alternatives) }
    }.map(\.node)
    // What has no date comes last, whichever way.
    switch order {
    case .ascending(let parameter):
      found = Self.sorted(found) { parameter.range(of: $0)?.lowerBound ?? .max }
    case .descending(let parameter):
      found = Self.sorted(found) {
        parameter.range(of: $0).map { $0.lowerBound == .min ? .max : -$0.lowerBound } ?? .max
      }
    case nil: break
    }
    let matches = Array(found.dropFirst((page - 1) * count).prefix(count))
    var included: [Node] = []
    if includesLocations {
      var seen: Set<String> = []
      for reference in matches.flatMap({ $0.elements("location").compactMap { $0["location"]?["reference"]?.string } })
      where reference.hasPrefix("Location/") && seen.insert(reference).inserted {
        if let location = store.read("Location", String(reference.dropFirst(9))) { included.append(location) }
      }
    }
    return (matches, included, found.count)
  }

  private static func sorted(_ nodes: [Node], by key: (Node) -> Int64) -> [Node] {
    nodes.enumerated().map { ($0.offset, $0.element, key($0.element)) }
      .sorted { ($0.2, $0.0) < ($1.2, $1.0) }.map(\.1)
  }

  /// The alternatives of a value: separated by commas, of which those behind a backslash are part of one
  /// (R4 search.html#escaping).
  private static func alternatives(_ value: String) -> [String] {
    var found = [""]
    var isEscaped = false
    for character in value {
      if isEscaped || (character != "\\" && character != ",") {
        found[found.count - 1].append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        found.append("")
      }
    }
    return found
  }

  /// Without percent-encoding; nil when it is malformed or no UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      case UInt8(ascii: "+"): bytes.append(0x20)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
