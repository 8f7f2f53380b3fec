// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension Violation {
  /// Every rule that a discovery document breaks, in document order.
  ///
  /// - Parameter isOurs: whether the document is one we publish, which is held to the rules of the 3.0 ballot for
  ///   templates and versions as well; those of other services are not.
  package static func inDiscovery(_ json: JSON, isOurs: Bool = true) -> [Violation] {
    var inspector = Inspector()
    inspector.discovery(json, isOurs: isOurs)
    return inspector.violations
  }
}

extension Inspector {
  fileprivate mutating func discovery(_ json: JSON, isOurs: Bool) {
    guard let members = json.objectMembers else { return report(.memberType, "$this") }
    extensions(members, "$this")
    guard let services = required(members, "services", "$this") else { return }
    guard case .array(let services) = services else { return report(.memberType, "services") }
    var listed: Set<[String]> = []
    for (index, element) in services.enumerated() {
      let path = "services[\(index)]"
      guard let service = object(element, path) else { continue }
      let hook = text(service, "hook", path, isRequired: true)
      let id = text(service, "id", path, isRequired: true)
      text(service, "description", path, isRequired: true)
      text(service, "title", path)
      text(service, "usageRequirements", path)
      let version = text(service, "version", path)
      let hookVersion = text(service, "hookVersion", path)
      extensions(service, path)
      let templates = prefetch(service, path)
      guard isOurs else { continue }
      if let hook, let id, !listed.insert([id, hook]).inserted { report(.uniqueService, path) }
      if let version, !Self.isSemanticVersion(version) { report(.semanticVersion, "\(path).version") }
      if let hook, let hookVersion, let definition = HookDefinition.named(hook), definition.hookVersion != hookVersion {
        report(.hookVersion, "\(path).hookVersion")
      }
      tokens(of: templates, hook: hook ?? "", path)
    }
  }

  private mutating func prefetch(_ service: [JSON.Member], _ path: String) -> [(String, String)] {
    guard let value = service.first(where: { $0.name == "prefetch" })?.value,
      let members = object(value, "\(path).prefetch")
    else { return [] }
    return members.compactMap { member in
      text(members, member.name, "\(path).prefetch").map { (member.name, $0) }
    }
  }

  /// Tokens are `context.<field>` with the field open to templates, a user id, `today()` arithmetic or `%key` of an
  /// earlier template (cds-hooks 3.0 ballot, Prefetch tokens).
  private mutating func tokens(of templates: [(String, String)], hook: String, _ path: String) {
    let fields = HookDefinition.named(hook)?.fields
    var earlier: Set<String> = []
    for (key, query) in templates {
      let place = "\(path).prefetch.\(key)"
      guard let tokens = Self.tokens(in: query) else {
        report(.prefetchToken, place)
        continue
      }
      for token in tokens {
        if token.hasPrefix("%") {
          let name = token.dropFirst().prefix { $0 != "." }
          if !earlier.contains(String(name)) { report(.prefetchOrder, place) }
        } else if token.hasPrefix("context.") {
          let name = token.dropFirst("context.".count)
          let isKnown =
            fields?.contains { $0.name == name && $0.isPrefetchToken } ?? WireFormat.isPlainName(String(name))
          if !isKnown { report(.prefetchToken, place) }
        } else if !token.hasPrefix("today()"), !Self.userTokens.contains(token) {
          report(.prefetchToken, place)
        }
      }
      earlier.insert(key)
    }
  }

  private static let userTokens: Set<String> = [
    "userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId",
  ]

  /// The texts between `{{` and `}}`; nil when they do not pair up.
  private static func tokens(in query: String) -> [String]? {
    var tokens: [String] = []
    var rest = Substring(query)
    while let open = rest.range(of: "{{") {
      guard let close = rest[open.upperBound...].range(of: "}}") else { return nil }
      let token = rest[open.upperBound..<close.lowerBound].trimmed
      guard !token.isEmpty, !token.contains("{") else { return nil }
      tokens.append(token)
      rest = rest[close.upperBound...]
    }
    return rest.contains("}}") ? nil : tokens
  }

  private static func isSemanticVersion(_ text: String) -> Bool {
    let core = text.prefix { $0 != "-" && $0 != "+" }
    let parts = core.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }
}

extension Substring {
  /// Without spaces at either end.
  fileprivate var trimmed: String {
    let front = drop { $0 == " " }
    let length = front.reversed().drop { $0 == " " }.count
    return String(front.prefix(length))
  }

  /// The first place of a text.
  fileprivate func range(of text: String) -> Range<Index>? {
    ranges(of: text).first
  }
}
