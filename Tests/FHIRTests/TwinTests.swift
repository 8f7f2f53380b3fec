// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// HL7's R4 examples come as JSON and XML twins, and both must be one document.
@Suite struct TwinTests {
  /// Twins that differ in the files themselves, and how. No rule makes them equal: `( <a>` is not `(<a>` for a reader.
  static let exceptions = [
    "conceptmaps": "white space inside the narrative",
    "external-resources": "white space inside the narrative",
    "plandefinition-example-kdn5-simplified": "white space inside the narrative",
    "profiles-types": "white space inside the narrative",
  ]

  @Test func officialTwinsAreOneDocument() throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    let examples = data.appendingPathComponent("hl7-r4-examples")
    let files = try SharedData.files(in: examples.appendingPathComponent("xml"), extension: "xml")
    #expect(files.count == 1088)
    var differing: Set<String> = []
    for file in files {
      let name = file.deletingPathExtension().lastPathComponent
      let twin = examples.appendingPathComponent("json/\(name).json")
      let xml = try Document(SharedData.bytes(file), syntax: .xml, limits: .files)
      let json = try Document(SharedData.bytes(twin), syntax: .json, limits: .files)
      #expect(xml.issues.isEmpty, "\(name): \(xml.issues)")
      if xml.root == json.root { continue }
      differing.insert(name)
      #expect(Self.differsOnlyAsExplained(xml.root, json.root), "\(name) differs: \(Self.exceptions[name] ?? "?")")
    }
    #expect(differing == Set(Self.exceptions.keys))
  }

  /// Whether two nodes are equal when narratives are compared without white space and comments.
  static func differsOnlyAsExplained(_ left: Node, _ right: Node) -> Bool {
    if left == right { return true }
    guard left.kind == right.kind, left.count == right.count else { return false }
    switch left.kind {
    case .object:
      return left.children.allSatisfy { child in
        guard let name = child.name, let other = right.member(name) else { return false }
        return differsOnlyAsExplained(child, other)
      }
    case .array:
      return zip(left.children, right.children).allSatisfy { differsOnlyAsExplained($0, $1) }
    case .string:
      func bare(_ text: String?) -> String {
        (text ?? "").replacing(#/<!--[\s\S]*?-->/#, with: "").replacing("&quot;", with: "\"").replacing(
          "&gt;", with: ">"
        )
        .replacing(#/&#x([0-9A-Fa-f]+);/#) {
          Int($0.1, radix: 16).flatMap(UnicodeScalar.init).map { String(Character($0)) } ?? ""
        }
        .replacing(#/&#([0-9]+);/#) { Int($0.1).flatMap(UnicodeScalar.init).map { String(Character($0)) } ?? "" }
        .filter { !$0.isWhitespace }
      }
      return left.name == "div" && bare(left.text) == bare(right.text)
    default: return false
    }
  }
}
