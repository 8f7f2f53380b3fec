// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Foundation

/// The resources that a sandbox serves: read once, from a folder of FHIR files.
package struct ResourceStore: Sendable {
  /// A resource as it is served.
  struct Entry: Sendable {
    let type: String
    let id: String
    let node: Node
  }

  /// In the order in which they were first met.
  private(set) var entries: [Entry] = []
  private var places: [String: Int] = [:]
  /// How many files held resources.
  package private(set) var files = 0

  /// An empty store.
  package init() {}

  /// Reads every `.json` and `.xml` file of a folder that is a FHIR resource; Bundles are taken apart.
  ///
  /// - Parameter end: moves the times of each file so that its last measurement stands at this moment; nil: as they are.
  /// - Throws: `FHIRError` of the first file that cannot be read.
  package init(folder: String, endingAt end: Instant? = nil) throws {
    let walk = FileManager.default.enumerator(atPath: folder)
    let names = (walk?.compactMap { $0 as? String } ?? []).sorted()
    for name in names {
      let syntax: Syntax
      if name.hasSuffix(".json") { syntax = .json } else if name.hasSuffix(".xml") { syntax = .xml } else { continue }
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { throw FHIRError(.unreadable) }
      let document = try Document(Array(data), syntax: syntax, limits: .files)
      // Hook requests and the like lie beside the charts.
      guard document.root.resourceType != nil else { continue }
      add(try Self.moved(document, to: end))
      files += 1
    }
  }

  /// Takes a resource, or those of a Bundle. Of two with one type and id the one that was updated last is kept,
  /// where both do not say when, the one whose version has the higher number, as a server counts them.
  package mutating func add(_ document: Document) {
    let root = document.root
    let resources =
      root.isResource("Bundle") ? root.elements("entry").compactMap { $0["resource"] } : [root]
    for node in resources {
      guard let type = node.resourceType, let id = node["id"]?.string else { continue }
      let entry = Entry(type: type, id: id, node: node)
      guard let place = places["\(type)/\(id)"] else {
        places["\(type)/\(id)"] = entries.count
        entries.append(entry)
        continue
      }
      if Self.age(of: node) > Self.age(of: entries[place].node) { entries[place] = entry }
    }
  }

  /// A resource by type and id.
  func read(_ type: String, _ id: String) -> Node? {
    places["\(type)/\(id)"].map { entries[$0].node }
  }

  private static func age(of node: Node) -> (updated: Int64, version: Int) {
    (
      node["meta"]?["lastUpdated"]?.dateTime?.earliest.milliseconds ?? .min,
      node["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0
    )
  }

  private static func moved(_ document: Document, to end: Instant?) throws -> Document {
    guard let end, let last = Chart(resources: [document.root], patientID: nil).lastInstant else { return document }
    let seconds = (end.milliseconds - last.milliseconds) / 1000
    return try Document(
      JSON(document.root).shifted(bySeconds: seconds).encoded(), syntax: .json, limits: .files)
  }
}
