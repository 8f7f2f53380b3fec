// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import Deidentification
import FHIR

/// A stored request, of whatever form, as one CDS Hooks request with everything that was fetched for it.
struct DeidentifiedCall {
  /// The patient's id.
  let patient: String
  private let hook: String
  private let instance: String
  private let context: Node?
  private let values: [(key: String, contents: [Node])]

  /// Everything that is copied.
  var contents: [Node] { values.flatMap(\.contents) + (context.map { [$0] } ?? []) }

  init(_ payload: AuditPayload, service: String, hook: String?) throws(DeidentifiedExport.Omission) {
    if service.hasPrefix("\(Answer.inferenceService)/") { throw .noChart }
    guard service == Answer.bundleService else {
      guard let hook, var request = try? HookRequest(payload.request) else { throw .refused }
      if let fetched = payload.fetched {
        guard let document = try? Document(fetched, syntax: .json, limits: .fetched) else { throw .refused }
        request = request.completed(with: document.root)
      }
      self.hook = hook
      patient = request.context.patientID
      instance = request.hookInstance
      context = request.context.node
      values = request.prefetch.map { ($0.key, $0.contents) }
      return
    }
    let syntax: Syntax = payload.requestMediaType.contains("xml") ? .xml : .json
    guard let document = try? Document(payload.request, syntax: syntax),
      let patient = Chart(resources: [document.root], patientID: nil).patientID
    else { throw .refused }
    // A bare Bundle is what a view of the patient sends, under one key.
    self.hook = "patient-view"
    self.patient = patient
    instance = AuditRecord.hexadecimal(payload.requestDigest)
    context = nil
    values = [(Self.chart, [document.root])]
  }

  /// The request in which nobody is named.
  ///
  /// - Parameter keys: of our own prefetch templates; a client's own may be anything.
  func copied(_ copy: inout Deidentifier, keys: Set<String>) -> JSON {
    var prefetch: [JSON.Member] = []
    for (key, contents) in values {
      let name = keys.contains(key) || key == Self.chart ? key : "key-" + copy.name(key)
      let copies = contents.compactMap { copy.resource($0) }
      let value: JSON =
        copies.count < 2
        ? copies.first ?? .null
        : [
          "resourceType": "Bundle", "type": "collection", "entry": .array(copies.map { ["resource": $0] }),
        ]
      prefetch.append(JSON.Member(name, value))
    }
    return [
      "hook": .string(hook), "hookInstance": .string(copy.uuid(instance)), "context": copiedContext(&copy),
      "prefetch": .object(prefetch),
    ]
  }

  /// The key under which a bare Bundle stands.
  static let chart = "chart"

  private func copiedContext(_ copy: inout Deidentifier) -> JSON {
    var members: [JSON.Member] = [JSON.Member("patientId", .string(copy.id("Patient", patient)))]
    for child in context.map({ Array($0.children) }) ?? [] {
      guard let name = child.publicName, name != "patientId" else { continue }
      switch name {
      case "encounterId":
        let id = child.string.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        if let id { members.append(JSON.Member(name, .string(copy.id("Encounter", id)))) }
      case "userId": if let user = copy.renamed(child) { members.append(JSON.Member(name, .string(user))) }
      default: if let value = copiedMember(child, &copy) { members.append(JSON.Member(name, value)) }
      }
    }
    return .object(members)
  }

  /// A resource, a reference, or a list of them.
  private func copiedMember(_ node: Node, _ copy: inout Deidentifier) -> JSON? {
    switch node.kind {
    case .object: return copy.resource(node["resource"] ?? node)
    case .string: return copy.renamed(node).map(JSON.string)
    case .array:
      var entries: [JSON] = []
      for child in node.children { if let entry = copiedMember(child, &copy) { entries.append(entry) } }
      return .array(entries)
    case .number, .boolean, .null: return nil
    }
  }
}
