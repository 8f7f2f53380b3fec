// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Reads the members of a request one by one and keeps the list of deviations.
struct RequestReader {
  private(set) var deviations: [Deviation] = []

  mutating func request(_ root: Node) throws(CDSHooksError) -> HookRequest {
    guard root.kind == .object else { throw CDSHooksError(.notAnObject, offset: root.offset) }
    for member in root.children where !Self.members.contains(member.name ?? "") {
      // The name itself is the client's text and is not repeated.
      note(.unknownMember, "$this")
    }
    let hook = try requiredText(root, "hook")
    let instance = uuid(try requiredText(root, "hookInstance"))
    let server = fhirServer(root)
    let authorization = authorization(root, server: server)
    guard let node = root["context"] else { throw CDSHooksError(.missingMember, path: "context") }
    guard node.kind == .object else { throw CDSHooksError(.mistypedMember, path: "context", offset: node.offset) }
    let context = try context(node, of: hook)
    let prefetch = try prefetch(root)
    let extensions = optional(root, "extension", .object, "extension")
    return HookRequest(
      hook: hook, hookInstance: instance, fhirServer: server, fhirAuthorization: authorization, context: context,
      prefetch: prefetch, deviations: deviations, extensions: extensions)
  }

  private static let members: Set<String> = [
    "hook", "hookInstance", "fhirServer", "fhirAuthorization", "context", "prefetch", "extension",
  ]

  mutating func note(_ kind: Deviation.Kind, _ path: String) {
    deviations.append(Deviation(kind: kind, path: path))
  }

  // MARK: Root members

  private func requiredText(_ root: Node, _ name: String) throws(CDSHooksError) -> String {
    guard let node = root.member(name), node.kind != .null else { throw CDSHooksError(.missingMember, path: name) }
    guard let text = node.string else { throw CDSHooksError(.mistypedMember, path: name, offset: node.offset) }
    guard !text.isEmpty else { throw CDSHooksError(.missingMember, path: name, offset: node.offset) }
    // Not every store of records takes U+0000 in a text, and no hook or UUID has one.
    guard !text.utf8.contains(0) else { throw CDSHooksError(.invalidIdentifier, path: name, offset: node.offset) }
    return text
  }

  private mutating func uuid(_ text: String) -> String {
    let bare = text.hasPrefix("urn:uuid:") ? String(text.dropFirst(9)) : text
    if !WireFormat.isUUID(bare) { note(.nonUUIDHookInstance, "hookInstance") }
    return bare
  }

  /// An optional member of a kind; null, empty and mistyped values are noted and read as absent.
  private mutating func optional(_ node: Node, _ name: String, _ kind: Node.Kind, _ path: String) -> Node? {
    guard let value = node.member(name) else { return nil }
    if value.kind == .null {
      note(.nullMember, path)
    } else if value.kind != kind {
      note(.mistypedMember, path)
    } else if kind == .string, value.string?.isEmpty != false {
      note(.emptyMember, path)
    } else {
      return value
    }
    return nil
  }

  private mutating func fhirServer(_ root: Node) -> String? {
    guard let text = optional(root, "fhirServer", .string, "fhirServer")?.string else { return nil }
    guard let scheme = WireFormat.scheme(of: text) else {
      note(.malformedServer, "fhirServer")
      return nil
    }
    if scheme != "https" { note(.insecureServer, "fhirServer") }
    return text
  }

  private mutating func authorization(_ root: Node, server: String?) -> FHIRAuthorization? {
    guard let node = optional(root, "fhirAuthorization", .object, "fhirAuthorization") else { return nil }
    guard let authorization = FHIRAuthorization(node) else {
      note(.incompleteAuthorization, "fhirAuthorization")
      return nil
    }
    guard server != nil else {
      note(.authorizationWithoutServer, "fhirAuthorization")
      return nil
    }
    if authorization.patient == nil, authorization.scopes.contains(where: { $0.compartment == .patient }) {
      note(.patientScopeWithoutPatient, "fhirAuthorization.patient")
    }
    return authorization
  }

  private mutating func prefetch(_ root: Node) throws(CDSHooksError) -> [PrefetchValue] {
    guard let node = optional(root, "prefetch", .object, "prefetch") else { return [] }
    var values: [PrefetchValue] = []
    for (index, member) in node.children.enumerated() {
      // A key of the client's own may say anything; its position names it then.
      let path = member.publicName.map { "prefetch.\($0)" } ?? "prefetch[\(index)]"
      values.append(PrefetchValue(key: member.name ?? "", node: member) { kind in note(kind, path) })
    }
    return values
  }

  // MARK: Context

  private mutating func context(_ node: Node, of hook: String) throws(CDSHooksError) -> HookContext {
    let fields = HookDefinition.named(hook)?.fields ?? []
    guard let patientNode = node["patientId"], patientNode.kind != .null else {
      throw CDSHooksError(.missingMember, path: "context.patientId")
    }
    guard let patientID = identifier(patientNode, type: "Patient", path: "context.patientId") else {
      throw CDSHooksError(.invalidIdentifier, path: "context.patientId", offset: patientNode.offset)
    }
    let encounterID = try encounterID(node, fields)
    let userID = userID(node, fields)
    var members: [HookContext.Member] = []
    for field in fields where !["patientId", "encounterId", "userId"].contains(field.name) {
      guard let value = try member(node, field) else { continue }
      var found = HookContext.Member(name: field.name, node: value)
      // A former version had one where now there are several.
      let elements = value.kind == .array ? Array(value.children) : [value]
      switch field.kind {
      case .id: break
      case .reference, .references:
        for element in elements { found.references += reference(element, field.name) }
      case .bundle: found.resources = try entries(value, field.name)
      case .resource:
        var resource = value
        if value.resourceType == nil, let inner = value["resource"] {
          note(.wrappedContextResource, "context.\(field.name)")
          resource = inner
        }
        guard resource.resourceType != nil else {
          throw CDSHooksError(.missingContextResource, path: "context.\(field.name)", offset: value.offset)
        }
        found.resources = [resource]
      case .resources:
        found.resources = elements.filter { $0.resourceType != nil }
        // HL7's page of order-dispatch has Task objects here, its logical model has strings: both are read.
        found.references = elements.compactMap(\.string)
      }
      members.append(found)
    }
    let context = HookContext(
      patientID: patientID, encounterID: encounterID, userID: userID, members: members, node: node)
    checkSelections(context)
    return context
  }

  /// `selections` name entries of `draftOrders` (hook library, order-select).
  private mutating func checkSelections(_ context: HookContext) {
    let orders = context.resources("draftOrders").map { "\($0.resourceType ?? "")/\($0["id"]?.string ?? "")" }
    for selection in context.references("selections") where !orders.contains(selection) {
      note(.selectionWithoutOrder, "context.selections")
    }
  }

  /// A bare id out of `x`, `Type/x` or `https://server/Type/x`; nil when it cannot be one of this type.
  private mutating func identifier(_ node: Node, type: String, path: String) -> String? {
    guard let text = node.string, !text.isEmpty else { return nil }
    if WireFormat.isID(text) { return text }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count >= 2, parts[parts.count - 2] == type, let id = parts.last, WireFormat.isID(String(id)) {
      note(.typedIdentifier, path)
      return String(id)
    }
    // Some servers mint ids FHIR does not allow. They are kept unless they could be taken for a path or a query.
    guard text.utf8.count <= 128,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Array("/?#&%\\".utf8).contains($0) })
    else { return nil }
    note(.malformedIdentifier, path)
    return text
  }

  private mutating func encounterID(_ node: Node, _ fields: [HookDefinition.Field]) throws(CDSHooksError) -> String? {
    let isRequired = fields.contains { $0.name == "encounterId" && $0.isRequired }
    let path = "context.encounterId"
    guard let value = optional(node, "encounterId", .string, path) else {
      if isRequired { note(.missingContextMember, path) }
      return nil
    }
    guard let id = identifier(value, type: "Encounter", path: path) else {
      throw CDSHooksError(.invalidIdentifier, path: path, offset: value.offset)
    }
    return id
  }

  private mutating func userID(_ node: Node, _ fields: [HookDefinition.Field]) -> String? {
    let path = "context.userId"
    let field = fields.first { $0.name == "userId" }
    guard let text = optional(node, "userId", .string, path)?.string else {
      if field?.isRequired == true { note(.missingUser, path) }
      return nil
    }
    guard WireFormat.isReference(text) else {
      note(.malformedReference, path)
      return text
    }
    if case .reference(let types) = field?.kind, !types.contains(where: { text.hasPrefix("\($0)/") }) {
      note(.unexpectedUserType, path)
    }
    return text
  }

  private mutating func member(_ node: Node, _ field: HookDefinition.Field) throws(CDSHooksError) -> Node? {
    let path = "context.\(field.name)"
    let kind: Node.Kind =
      switch field.kind {
      case .id, .reference: .string
      case .references, .resources: .array
      case .bundle, .resource: .object
      }
    if let value = optional(node, field.name, kind, path) {
      if kind == .array, value.children.isEmpty, field.isRequired { note(.emptyMember, path) }
      return value
    }
    for name in field.formerNames {
      guard let value = node.member(name), value.kind != .null else { continue }
      note(.formerMemberName, path)
      return value
    }
    guard field.isRequired else { return nil }
    // What the user is acting on cannot be missing; the rest can.
    if kind == .object { throw CDSHooksError(.missingContextResource, path: path) }
    note(.missingContextMember, path)
    return nil
  }

  private mutating func reference(_ node: Node, _ name: String) -> [String] {
    guard let text = node.string else {
      note(.malformedReference, "context.\(name)")
      return []
    }
    if !WireFormat.isReference(text) { note(.malformedReference, "context.\(name)") }
    return [text]
  }

  private mutating func entries(_ bundle: Node, _ name: String) throws(CDSHooksError) -> [Node] {
    guard bundle.resourceType == "Bundle" else {
      throw CDSHooksError(.missingContextResource, path: "context.\(name)", offset: bundle.offset)
    }
    var resources: [Node] = []
    var lacksFullURL = false
    for entry in bundle.elements("entry") {
      if entry["fullUrl"] == nil { lacksFullURL = true }
      let path = "context.\(name).entry.resource"
      guard let resource = entry.member("resource") else {
        note(.missingContextMember, path)
        continue
      }
      guard resource.kind == .object else { throw CDSHooksError(.mistypedMember, path: path, offset: resource.offset) }
      // Of what is not known to be an order nobody could say that it does no harm.
      guard let type = resource["resourceType"] else {
        throw CDSHooksError(.missingMember, path: "\(path).resourceType", offset: resource.offset)
      }
      guard resource.resourceType != nil else {
        throw CDSHooksError(.mistypedMember, path: "\(path).resourceType", offset: type.offset)
      }
      resources.append(resource)
    }
    if lacksFullURL { note(.entryWithoutFullURL, "context.\(name)") }
    return resources
  }
}
