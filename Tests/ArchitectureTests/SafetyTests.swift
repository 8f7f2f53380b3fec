// SPDX-License-Identifier: Apache-2.0
import Testing

/// `docs/safety.md` names the test that proves each control, `docs/conformance.md` the one that shows each requirement: a row
/// without one, or with one that is gone, fails here.
@Suite struct SafetyTests {
  /// The rows of a page's tables of so many columns, as cells.
  static func rows(_ page: String, columns: Int) throws -> [[Substring]] {
    var head = true
    return try Repository.text(page).split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == columns + 2 else {
        head = true
        return nil
      }
      defer { head = false }
      return head || cells[1].contains("---") ? nil : Array(cells[1...columns])
    }
  }

  @Test(arguments: [("docs/safety.md", 4, 20), ("docs/conformance.md", 3, 35)])
  func everyControlHasATestThatExists(_ page: String, _ columns: Int, _ least: Int) throws {
    var tests: Set<String> = []
    for file in Repository.files(below: "Tests", suffix: ".swift") {
      let text = try Repository.text(file)
      for suite in text.matches(of: /struct ([A-Za-z0-9]+Tests)/) {
        for function in text.matches(of: /@Test[^@]*?func ([A-Za-z0-9]+)/) { tests.insert("\(suite.1).\(function.1)") }
      }
    }
    let scripts = Set(Repository.files(below: "Tests/EndToEnd", suffix: ".sh"))
    #expect(tests.count > 300)
    let rows = try Self.rows(page, columns: columns)
    #expect(rows.count >= least)
    for row in rows {
      let named = ImportTests.quoted(row[columns - 1])
      #expect(!named.isEmpty, "\(row[0])")
      for name in named { #expect(tests.contains(name) || scripts.contains(name), "\(name)") }
    }
  }
}
