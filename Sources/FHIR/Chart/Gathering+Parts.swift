// SPDX-License-Identifier: Apache-2.0

/// What is needed to gather an input in parts: each starts as a copy of a gathering of what every part shares.
extension Gathering {
  /// Bytes of text that are held, with what stands beside the documents that were taken.
  package var heldBytes: Int { table.textBytes }

  /// Says which version of FHIR a resource is of, where it is not R4, without taking it.
  package mutating func noteVersion(of document: FoundDocument) {
    guard let resource = document.resource, resource.isForeign else { return }
    let node = document.document.root
    let possible = FHIRVersions(of: resource, node.tape.view)
    if !possible.isEmpty, isNew(possible) {
      note(Issue(.information, "fhir-version", "\(possible.note)", at: node))
    }
  }

  /// What this gathering reports beyond `shared`, as a copy of which it began.
  package func issues(beyond shared: Gathering) -> [Issue] {
    notes.dropFirst(shared.notes.count).filter { note in
      note.resource.map { Int($0.tape) >= shared.table.tapeCount } ?? true
    }.map(\.issue)
  }
}
