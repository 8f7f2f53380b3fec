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
      check(templates, hook: hook ?? "", version: version, path)
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

  /// Templates are reads and searches in the subset that is widely supported; their tokens read members of the context
  /// that are open to templates, and results of templates before them. More than that, FHIRPath, only where the service
  /// says that it implements 3.0 (cds-hooks 2.0 and 3.0 ballot, Prefetch tokens and Prefetch query restrictions).
  private mutating func check(_ templates: [(String, String)], hook: String, version: String?, _ path: String) {
    let fields = HookDefinition.named(hook)?.fields
    let hasFHIRPath = version.map { !$0.hasPrefix("1.") && !$0.hasPrefix("2.") } ?? false
    var earlier: Set<String> = []
    for (key, query) in templates {
      let place = "\(path).prefetch.\(key)"
      defer { earlier.insert(key) }
      guard let template = PrefetchTemplate(query) else {
        report(.prefetchToken, place)
        continue
      }
      if template.usesFHIRPath, !hasFHIRPath { report(.prefetchToken, place) }
      for name in template.contextMembers {
        let isKnown =
          fields?.contains { $0.name == name && (hasFHIRPath || $0.isPrefetchToken) } ?? WireFormat.isPlainName(name)
        if !isKnown { report(.prefetchToken, place) }
      }
      if !template.variables.allSatisfy(earlier.contains) { report(.prefetchOrder, place) }
      if !Self.isWidelySupported(template) { report(.prefetchQuery, place) }
    }
  }

  /// A read or a type-level search whose parameters need no more than equality, `:in`, dates by `eq`, `lt`, `gt`, `ge` and
  /// `le`, `_count`, `_maxresults` and `_sort`; and `_include`, which the specification's own example of the user has.
  private static func isWidelySupported(_ template: PrefetchTemplate) -> Bool {
    guard let parameters = template.parameters else {
      // `Type/{{id}}`, or one token for both.
      return template.parts.count == (template.resourceType == nil ? 1 : 2)
    }
    guard let type = template.resourceType, type.utf8.allSatisfy(WireFormat.isLetter) else { return false }
    return parameters.allSatisfy { parameter in
      let name = parameter.name.split(separator: ":", omittingEmptySubsequences: false)
      guard !parameter.value.isEmpty, name.count == 1 || name.count == 2 && name[1] == "in" else { return false }
      if parameter.name.hasPrefix("_") {
        return ["_id", "_count", "_maxresults", "_sort", "_include"].contains(parameter.name)
      }
      return WireFormat.isPlainName(String(name[0]))
    }
  }

  private static func isSemanticVersion(_ text: String) -> Bool {
    let core = text.prefix { $0 != "-" && $0 != "+" }
    let parts = core.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }
}
