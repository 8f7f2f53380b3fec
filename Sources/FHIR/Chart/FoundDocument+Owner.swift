// SPDX-License-Identifier: Apache-2.0

/// Whose a document is, as far as the document alone tells.
package enum DocumentOwner: Sendable, Equatable {
  /// One patient's, by `number(of:)` of the logical id. Two servers' patients of one id have one number.
  case patient(UInt64)
  /// Nobody's, or its own subject cannot be told whatever else is there: a Location, an Observation without subject.
  case nobody
  /// Only other documents tell: it names its subject by an identifier or a URN, or holds resources of several patients.
  case unclear

  /// FNV-1a of a logical id: the same on every machine.
  package static func number(of id: some Sequence<UInt8>, after start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    id.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

extension FoundDocument {
  /// Whose it is. `PatientSorter` gives everything in a document of one patient to that patient, whatever else is there.
  package var owner: DocumentOwner {
    guard let resource else { return .nobody }
    let node = document.root
    switch resource.kind {
    case .bundle: return Self.owner(ofBundle: node)
    case .parameters: return .unclear
    default: return Self.owner(of: resource, node)
    }
  }

  /// A number for each resource in it by type and id: versions of one resource have one number.
  package var identities: [UInt64] {
    guard let resource else { return [] }
    guard resource.kind == .bundle else { return Self.identity(of: resource).map { [$0] } ?? [] }
    return document.root.elements("entry").compactMap { entry in
      entry["resource"].flatMap { GatheredResource($0.tape.view, number: 0, index: $0.index) }.flatMap(Self.identity)
    }
  }

  private static func identity(of resource: GatheredResource) -> UInt64? {
    guard let id = resource.id else { return nil }
    // The bytes are read while the document that holds them is at hand.
    let type = unsafe DocumentOwner.number(of: resource.type.bytes)
    return unsafe DocumentOwner.number(of: id.bytes, after: type &* 31)
  }

  private static func owner(of resource: GatheredResource, _ node: Node) -> DocumentOwner {
    if resource.kind == .patient { return resource.id.map(number) ?? .unclear }
    guard resource.subject != 0 else { return .nobody }
    let subject = Node(tape: node.tape, index: resource.subject)
    guard subject.kind == .object, let text = subject["reference"].flatMap(TextSlice.init) else { return .unclear }
    guard case .resource(_, let type, let id, _) = Locator(text) else { return .unclear }
    return type.equals(Patient.type) ? number(id) : .nobody
  }

  private static func number(_ id: TextSlice) -> DocumentOwner {
    // The bytes are read while the document that holds them is at hand.
    .patient(unsafe DocumentOwner.number(of: id.bytes))
  }

  /// A Bundle's owner where everything in it that a chart reads is one patient's. What is nobody's may be referred to from
  /// outside, a history says what is gone elsewhere, and a page that others follow.
  private static func owner(ofBundle node: Node) -> DocumentOwner {
    guard node["link"] == nil, Bundle(node: node).purpose != .history else { return .unclear }
    var owner = DocumentOwner.nobody
    for entry in node.elements("entry") {
      guard let content = entry["resource"] else { continue }
      guard entry["response"] == nil,
        let resource = GatheredResource(content.tape.view, number: 0, index: content.index)
      else { return .unclear }
      if resource.kind == .other, !FoundDocument.isReferredTo(resource) { continue }
      let own = Self.owner(of: resource, content)
      guard case .patient = own, owner == .nobody || owner == own else { return .unclear }
      owner = own
    }
    return owner
  }
}
