// SPDX-License-Identifier: Apache-2.0
import Testing

/// `docs/safety.md` names the test that proves each control: a control without one, or with one that is gone, fails here.
@Suite struct SafetyTests {
  /// The rows of the table of hazards, as cells.
  static func rows() throws -> [[Substring]] {
    try Repository.text("docs/safety.md").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 6, !cells[1].contains("---"), !cells[1].contains("Hazard") else { return nil }
      return Array(cells[1...4])
    }
  }

  @Test func everyControlHasATestThatExists() throws {
    var tests: Set<String> = []
    for file in Repository.files(below: "Tests", suffix: ".swift") {
      let text = try Repository.text(file)
      for suite in text.matches(of: /struct ([A-Za-z0-9]+Tests)/) {
        for function in text.matches(of: /@Test[^@]*?func ([A-Za-z0-9]+)/) { tests.insert("\(suite.1).\(function.1)") }
      }
    }
    let scripts = Set(Repository.files(below: "Tests/EndToEnd", suffix: ".sh"))
    #expect(tests.count > 300)
    let rows = try Self.rows()
    #expect(rows.count >= 20)
    for row in rows {
      let named = ImportTests.quoted(row[3])
      #expect(!named.isEmpty, "\(row[0])")
      for name in named { #expect(tests.contains(name) || scripts.contains(name), "\(name)") }
    }
  }
}
