// SPDX-License-Identifier: Apache-2.0
import Testing

/// The module table of `docs/architecture.md` is the law: an import that is not in it fails here.
@Suite struct ImportTests {
  /// What one module may import, own and outside modules together.
  struct Room {
    let module: String
    let allowed: Set<String>
  }

  static func rooms() throws -> [Room] {
    try Repository.text("docs/architecture.md").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 6, let module = quoted(cells[1]).first else { return nil }
      return Room(module: module, allowed: Set(quoted(cells[2]) + quoted(cells[3])))
    }
  }

  /// The words between backticks.
  static func quoted(_ cell: Substring) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// The module an import line names, or nil for any other line.
  static func imported(_ line: Substring) -> String? {
    var words = line.split(separator: " ")
    while let first = words.first, first.hasPrefix("@") || ["package", "public", "internal", "private"].contains(first)
    {
      words.removeFirst()
    }
    guard words.count >= 2, words[0] == "import" else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let path = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return path.split(separator: ".").first.map(String.init)
  }

  @Test func everyModuleHasARoom() throws {
    let named = Set(try Self.rooms().map(\.module))
    let built = Set(
      Repository.files(below: "Sources", suffix: "").compactMap { path in
        path.split(separator: "/").dropFirst().first.map(String.init)
      })
    #expect(named == built)
    #expect(named.count >= 12)
  }

  @Test func importsFollowTheTable() throws {
    var strangers: [String] = []
    for room in try Self.rooms() {
      for file in Repository.files(below: "Sources/\(room.module)", suffix: ".swift") {
        for line in try Repository.text(file).split(separator: "\n") {
          guard let module = Self.imported(line), !room.allowed.contains(module) else { continue }
          strangers.append("\(file) imports \(module)")
        }
      }
    }
    #expect(strangers == [])
  }

  @Test(
    arguments: [
      ("import FHIR", "FHIR"), ("package import Networks", "Networks"), ("public import struct FHIR.Node", "FHIR"),
      ("@preconcurrency import GRDB", "GRDB"), ("// import FHIR", nil), ("let imported = 1", nil),
    ] as [(String, String?)])
  func readsImportLines(line: String, module: String?) {
    #expect(Self.imported(line[...]) == module)
  }
}
