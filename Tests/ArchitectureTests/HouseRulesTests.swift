// SPDX-License-Identifier: Apache-2.0
import Testing

/// Rules of the house that a machine can see.
@Suite struct HouseRulesTests {
  static let sources = Repository.files(below: "Sources", suffix: ".swift")

  @Test func everyFileNamesTheLicence() throws {
    let bare = try (Self.sources + Repository.files(below: "Tests", suffix: ".swift")).filter {
      try !Repository.text($0).hasPrefix("// SPDX-License-Identifier: Apache-2.0\n")
    }
    #expect(bare == [])
  }

  @Test func filesHaveOneSubject() throws {
    let long = try Self.sources.filter {
      try Repository.text($0).split(separator: "\n", omittingEmptySubsequences: false).count > 401
    }
    #expect(long == [])
  }

  /// Core code neither prints nor stops the process; only the command line talks.
  @Test func coreNeverPrintsOrTraps() throws {
    let words = ["fatalError(", "try!", "as! ", " print("]
    var found: [String] = []
    for file in Self.sources where !file.hasPrefix("Sources/vigil/") {
      for line in try Repository.text(file).split(separator: "\n") {
        let code = line.prefix { $0 != "/" }
        found += words.filter(code.contains).map { "\(file): \($0)" }
      }
    }
    #expect(found == [])
  }

  @Test func noCatchAllNames() {
    let words = ["Utils", "Util.", "Helper", "Manager", "Common"]
    #expect(Self.sources.filter { file in words.contains { file.contains($0) } } == [])
  }
}
