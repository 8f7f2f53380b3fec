// SPDX-License-Identifier: Apache-2.0

/// Counts the codes of Observations that no value set knows: what a hospital has to map, most frequent first.
package struct UnmappedCodes: Sendable {
  /// A code that means nothing to the terminology yet.
  package struct Entry: Sendable, Equatable {
    /// The code system's URI; nil where the coding has none, which no concept map can repair.
    package let system: String?
    /// The code; nil where there is only text.
    package let code: String?
    /// The first display or text seen with it.
    package let display: String?
    /// The first unit seen with it.
    package let unit: String?
    /// In how many places it stood.
    package fileprivate(set) var count: Int
  }

  private struct Key: Hashable {
    var system: String?
    var code: String?
    /// The text, where there is no code.
    var text: String?
  }

  private let terminology: Terminology
  private var entries: [Key: Entry] = [:]
  /// Observations and components seen, mapped or not.
  package private(set) var total = 0
  /// Those of which a coding belongs to a value set.
  package private(set) var mapped = 0

  package init(terminology: Terminology) {
    self.terminology = terminology
  }

  /// Counts a resource: an Observation and its components, or everything in a Bundle.
  package mutating func add(_ resource: Node) {
    if resource.isResource("Bundle") {
      for entry in resource.elements("entry") {
        if let inner = entry["resource"] { add(inner) }
      }
    } else if resource.isResource("Observation") {
      count(resource)
      for component in resource.elements("component") { count(component) }
    }
  }

  /// The codes, most frequent first, ties by system and code.
  package var sorted: [Entry] {
    entries.values.sorted { left, right in
      if left.count != right.count { return left.count > right.count }
      let first = (left.system ?? "", left.code ?? "", left.display ?? "")
      return first < (right.system ?? "", right.code ?? "", right.display ?? "")
    }
  }

  private mutating func count(_ node: Node) {
    // A panel without a value of its own (85354-9) needs no mapping: its components are counted.
    guard let concept = node["code"], node["valueQuantity"] != nil || node["component"] == nil else { return }
    total += 1
    let codings = concept.elements("coding")
    if codings.contains(where: { !terminology.valueSets(of: $0).isEmpty }) {
      mapped += 1
      return
    }
    let unit = (node["valueQuantity"]?["code"] ?? node["valueQuantity"]?["unit"])?.string
    let text = concept["text"]?.string
    guard !codings.isEmpty else {
      note(Key(text: text), display: text, unit: unit)
      return
    }
    for coding in codings {
      let key = Key(system: coding["system"]?.string, code: coding["code"]?.string)
      note(key, display: coding["display"]?.string ?? text, unit: unit)
    }
  }

  private mutating func note(_ key: Key, display: String?, unit: String?) {
    entries[
      key, default: Entry(system: key.system, code: key.code, display: display, unit: unit, count: 0)
    ].count += 1
  }
}
