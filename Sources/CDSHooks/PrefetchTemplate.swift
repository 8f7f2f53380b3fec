// SPDX-License-Identifier: Apache-2.0

/// A prefetch template taken apart: a FHIR read or search with tokens (cds-hooks 3.0 ballot, Prefetch Template).
public struct PrefetchTemplate: Sendable, Equatable {
  /// A run of the query.
  enum Part: Sendable, Equatable {
    case text(String)
    /// Selectors of one token, whose results are put together.
    case token([PrefetchSelector])
  }

  let parts: [Part]

  /// Takes a template apart; nil when a token is not closed, is empty, or is outside the language of `PrefetchSelector`.
  public init?(_ query: String) {
    var parts: [Part] = []
    var rest = Substring(query)
    while let open = rest.firstRange(of: "{{") {
      if rest.startIndex < open.lowerBound { parts.append(.text(String(rest[..<open.lowerBound]))) }
      let inside = rest[open.upperBound...]
      guard let close = inside.firstRange(of: "}}"),
        let selectors = PrefetchSelector.list(inside[..<close.lowerBound])
      else { return nil }
      parts.append(.token(selectors))
      rest = inside[close.upperBound...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    guard !parts.isEmpty, !rest.contains("}}"), !rest.contains("{") else { return nil }
    self.parts = parts
  }

  /// The type of resource asked for; nil where a token gives it, as in `{{context.userId}}`.
  public var resourceType: String? {
    guard case .text(let text) = parts[0] else { return nil }
    let type = text.prefix { $0 != "/" && $0 != "?" }
    return type.isEmpty ? nil : String(type)
  }

  /// Whether it is a search; otherwise it is a read.
  public var isSearch: Bool {
    parts.contains { if case .text(let text) = $0 { text.contains("?") } else { false } }
  }

  /// The members of the context that its tokens read.
  public var contextMembers: [String] {
    selectors.compactMap { selector in
      guard case .path(.context, let steps, _) = selector, case .member(let name)? = steps.first else { return nil }
      return name
    }
  }

  /// The keys of the templates whose results it uses.
  public var variables: [String] {
    selectors.compactMap { if case .path(.result(let key), _, _) = $0 { key } else { nil } }
  }

  /// Whether it uses what 2.0 does not have: any token that is more than a member of the context or the user's id.
  public var usesFHIRPath: Bool {
    parts.contains { part in
      guard case .token(let selectors) = part else { return false }
      return selectors.count != 1 || !selectors[0].isPlain
    }
  }

  private var selectors: [PrefetchSelector] {
    parts.flatMap { part -> [PrefetchSelector] in if case .token(let selectors) = part { selectors } else { [] } }
  }

  /// Names and values of its search parameters, values with a placeholder for each token; nil for a read.
  var parameters: [(name: String, value: String)]? {
    let text = parts.map { part in if case .text(let text) = part { text } else { "\u{0}" } }.joined()
    guard let mark = text.firstIndex(of: "?") else { return nil }
    return text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false).map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(sides[0]), sides.count == 2 ? String(sides[1]) : "")
    }
  }
}
