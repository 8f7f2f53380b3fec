// SPDX-License-Identifier: Apache-2.0

/// A reference to another resource (R4 references.html).
package struct Reference: Sendable {
  /// The element.
  package let node: Node

  package init(_ node: Node) { self.node = node }

  /// The text of the literal reference.
  package var literal: String? { node["reference"]?.string }
  /// What the literal reference names; nil where there is none.
  package var target: Target? { node["reference"]?.referenceTarget }
  /// The logical reference: a business identifier of the resource.
  package var identifier: Identifier? { node["identifier"].map(Identifier.init) }
  /// The type of resource, where it is said.
  package var type: String? { node["type"]?.string }

  /// What a literal reference names.
  package enum Target: Sendable, Equatable {
    /// A resource of a server: relative where `base` is nil, else with the server's base URL without the last slash.
    case resource(base: String?, type: String, id: String, version: String?)
    /// `urn:uuid:`, without the prefix.
    case uuid(String)
    /// `urn:oid:`, without the prefix.
    case oid(String)
    /// A contained resource, without the `#`; empty for the containing resource.
    case contained(String)
    /// Any other text, such as a conditional reference.
    case other(String)

    init(_ locator: Locator) {
      switch locator {
      case .resource(let base, let type, let id, let version):
        self = .resource(base: base?.string, type: type.string, id: id.string, version: version?.string)
      case .urn(let text):
        let value = String(text.string.dropFirst(text.hasPrefix("urn:uuid:") ? 9 : 8))
        self = text.hasPrefix("urn:uuid:") ? .uuid(value) : .oid(value)
      case .contained(let id): self = .contained(id.string)
      case .other(let text): self = .other(text.string)
      }
    }
  }
}

extension Node {
  /// What this text names, read as a literal reference or `fullUrl`; nil where it is no text.
  package var referenceTarget: Reference.Target? { TextSlice(self).map { Reference.Target(Locator($0)) } }

  /// The reference in the member `name`; R5's CodeableReference has it one level deeper.
  package func reference(_ name: StaticString) -> Reference? {
    guard let member = elements(name).first, member.kind == .object else { return nil }
    if let inner = member["reference"], inner.kind == .object { return Reference(inner) }
    return Reference(member)
  }

  /// All references in the repeating member `name`.
  package func references(_ name: StaticString) -> [Reference] {
    elements(name).filter { $0.kind == .object }.map { node in
      if let inner = node["reference"], inner.kind == .object { Reference(inner) } else { Reference(node) }
    }
  }
}

/// A literal reference or `fullUrl`, taken apart without copying.
enum Locator {
  case resource(base: TextSlice?, type: TextSlice, id: TextSlice, version: TextSlice?)
  case urn(TextSlice)
  case contained(TextSlice)
  case other(TextSlice)

  // R4 references.html#literal: [base/]Type/id[/_history/version]
  init(_ text: TextSlice) {
    if text.count > 0, text[0] == UInt8(ascii: "#") {
      self = .contained(text[1..<text.count])
      return
    }
    if text.hasPrefix("urn:uuid:") || text.hasPrefix("urn:oid:") {
      self = .urn(text)
      return
    }
    let slash = UInt8(ascii: "/")
    func segment(before end: Int) -> Range<Int> {
      var start = end
      while start > 0, text[start - 1] != slash { start -= 1 }
      return start..<end
    }
    var version: TextSlice?
    var id = segment(before: text.count)
    var type = segment(before: max(0, id.lowerBound - 1))
    if id.lowerBound > 0, text[type].equals("_history") {
      version = text[id]
      id = segment(before: max(0, type.lowerBound - 1))
      type = segment(before: max(0, id.lowerBound - 1))
    }
    guard Locator.isID(text[id]), Locator.isType(text[type]), version.map(Locator.isID) ?? true,
      type.lowerBound == 0 || text.hasPrefix("http://") || text.hasPrefix("https://")
    else {
      self = .other(text)
      return
    }
    let base = type.lowerBound > 0 ? text[0..<type.lowerBound - 1] : nil
    self = .resource(base: base, type: text[type], id: text[id], version: version)
  }

  // R4 datatypes.html#id: [A-Za-z0-9\-\.]{1,64}
  private static func isID(_ text: TextSlice) -> Bool {
    guard (1...64).contains(text.count) else { return false }
    for index in 0..<text.count {
      switch text[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
        continue
      default: return false
      }
    }
    return true
  }

  private static func isType(_ text: TextSlice) -> Bool {
    guard (3...64).contains(text.count), (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(text[0]) else { return false }
    for index in 1..<text.count where !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[index] | 0x20) {
      return false
    }
    return true
  }
}
