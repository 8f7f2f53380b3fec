// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One file of the terminology: a ValueSet (R4 valueset.html) or a ConceptMap (R4 conceptmap.html).
struct TerminologyFile {
  let name: String
  let bytes: [UInt8]
  private let root: Node

  /// The `.json` files of a directory, by name.
  static func all(in directory: String) throws(TerminologyError) -> [TerminologyFile] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw TerminologyError(.directory, file: "")
    }
    var files: [TerminologyFile] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      files.append(try TerminologyFile(name: name, path: directory + "/" + name))
    }
    return files
  }

  private init(name: String, path: String) throws(TerminologyError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw TerminologyError(.file, file: name) }
    self.name = name
    bytes = Array(data)
    do {
      root = try Document(bytes, syntax: .json).root
    } catch {
      throw TerminologyError(.syntax, file: name, path: error.path)
    }
    guard root.isResource("ValueSet") || root.isResource("ConceptMap") else {
      throw TerminologyError(.resourceType, file: name)
    }
  }

  /// The value set of the file: none when the file is a ConceptMap, or retired.
  func valueSets() throws(TerminologyError) -> [Terminology.ValueSet] {
    guard root.isResource("ValueSet"), !isRetired else { return [] }
    let id = try text("id", of: root)
    guard let compose = root["compose"] else { throw fault(.element, root) }
    guard compose["exclude"] == nil else { throw fault(.unsupported, compose) }
    var concepts: [Terminology.Concept] = []
    var systems: [String] = []
    for include in compose.elements("include") {
      guard include["filter"] == nil, include["valueSet"] == nil else { throw fault(.unsupported, include) }
      let system = try text("system", of: include)
      guard include["concept"] != nil else {
        systems.append(system)
        continue
      }
      for concept in include.elements("concept") {
        concepts.append(
          Terminology.Concept(
            system: system, code: try text("code", of: concept), display: try text("display", of: concept)))
      }
    }
    guard !concepts.isEmpty || !systems.isEmpty else { throw fault(.element, compose) }
    return [Terminology.ValueSet(id: id, title: try text("title", of: root), concepts: concepts, systems: systems)]
  }

  /// The mappings of the file that carry the meaning over: the target is the source concept or a wider one
  /// (R4 concept-map-equivalence; narrower, inexact and related targets would claim more than the source says).
  func mappings() throws(TerminologyError) -> [(Terminology.Concept.Key, Terminology.Concept, path: String)] {
    guard root.isResource("ConceptMap"), !isRetired else { return [] }
    var mappings: [(Terminology.Concept.Key, Terminology.Concept, path: String)] = []
    for group in root.elements("group") {
      let source = try text("source", of: group)
      let destination = try text("target", of: group)
      for element in group.elements("element") {
        let code = try text("code", of: element)
        for target in element.elements("target") {
          let equivalence = try text("equivalence", of: target)
          guard ["equal", "equivalent", "wider", "subsumes"].contains(equivalence) else { continue }
          let concept = Terminology.Concept(
            system: destination, code: try text("code", of: target), display: target["display"]?.string ?? "")
          mappings.append((Terminology.Concept.Key(system: source, code: code), concept, element.path))
        }
      }
    }
    return mappings
  }

  private var isRetired: Bool {
    root["status"]?.equals("retired") ?? false
  }

  private func text(_ name: StaticString, of node: Node) throws(TerminologyError) -> String {
    guard let text = node[name]?.string, !text.isEmpty else { throw fault(.element, node) }
    return text
  }

  private func fault(_ code: TerminologyError.Code, _ node: Node) -> TerminologyError {
    TerminologyError(code, file: name, path: node.path)
  }
}
