// SPDX-License-Identifier: Apache-2.0
package import Decision
package import Deidentification
package import FHIR

/// The check of an export by somebody who has the models and no key: whether anybody may be named in it, and whether the models
/// say what it holds.
package struct DeidentifiedCheck {
  /// Lines of the file.
  package private(set) var lines = 0
  /// Lines that hold what the models say of them.
  package private(set) var identical = 0
  /// Lines that are no JSON, or beside which no answer of these models stands.
  package private(set) var otherwise: [Int] = []
  /// What may identify somebody, with its line.
  package private(set) var findings: [(line: Int, finding: SafeHarborCheck.Finding)] = []

  private let assessor: Assessor
  private let ofVersions: (_ versions: [String: String]) -> Assessor?
  private let check: SafeHarborCheck

  /// Nothing checked yet.
  ///
  /// - Parameters:
  ///   - assessor: whose terminology says what is known, and whose models answer where a line's are not at hand.
  ///   - ofVersions: the models of the versions by their ids that a line names.
  package init(assessor: Assessor, ofVersions: @escaping (_ versions: [String: String]) -> Assessor? = { _ in nil }) {
    self.assessor = assessor
    self.ofVersions = ofVersions
    check = SafeHarborCheck(
      Vocabulary(assessor.terminology), keys: assessor.templateKeys.union([DeidentifiedCall.chart]))
  }

  /// Whether nobody is named and all answers are the models'.
  package var passes: Bool { findings.isEmpty && otherwise.isEmpty }

  /// Checks the next line.
  package mutating func add(_ text: [UInt8]) {
    lines += 1
    guard let line = try? Document(text, syntax: .json, limits: .fetched).root else { return otherwise.append(lines) }
    let instant = line["extension"]?.member(DeidentifiedExport.member)?["instant"]?.string.flatMap { Instant($0) }
    let found = check.findings(in: line, at: instant, skipping: DeidentifiedExport.member)
    findings += found.map { (lines, $0) }
    // What is skipped above is compared with what the models say, text for text.
    let models = ofVersions(DeidentifiedExport.versions(in: line)) ?? assessor
    if DeidentifiedExport.holds(line, models) == true { identical += 1 } else { otherwise.append(lines) }
  }

  /// The result as one object.
  package var json: JSON {
    [
      "passes": .boolean(passes), "lines": .number(lines), "identical": .number(identical),
      "otherwise": .array(otherwise.map { .number($0) }),
      "findings": .array(
        findings.map {
          [
            "line": .number($0.line), "path": .string($0.finding.path), "kind": .string($0.finding.kind.rawValue),
          ]
        }),
    ]
  }
}
