// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What was seen of each requirement.
package struct ConformanceReport: Sendable {
  /// What was seen of one.
  package struct Row: Sendable {
    /// The requirement.
    package let requirement: Requirement
    /// How often it was looked at.
    package internal(set) var checked = 0
    /// What spoke against it, with its place; at most a few.
    package internal(set) var findings: [String] = []

    /// How it stands.
    package enum Standing: String, Sendable {
      case passed, failed, warning
      case notSeen = "not seen"
    }

    /// A MUST that is broken has failed, a SHOULD that is not kept is a warning.
    package var standing: Standing {
      if checked == 0 { return .notSeen }
      if findings.isEmpty { return .passed }
      return requirement.level == .must ? .failed : .warning
    }
  }

  /// One row a requirement, in their order.
  package private(set) var rows = Requirement.allCases.map { Row(requirement: $0) }
  /// Findings kept of one requirement.
  private static let mostFindings = 5

  /// Whether no MUST is broken.
  package var isConformant: Bool { !rows.contains { $0.standing == .failed } }

  /// How many requirements stand so.
  package func count(_ standing: Row.Standing) -> Int { rows.count { $0.standing == standing } }

  /// What was seen of a requirement.
  package subscript(_ requirement: Requirement) -> Row {
    rows.first { $0.requirement == requirement } ?? Row(requirement: requirement)
  }

  /// Notes that a requirement was looked at and, where something speaks against it, what.
  mutating func note(_ requirement: Requirement, _ finding: String? = nil) {
    guard let place = rows.firstIndex(where: { $0.requirement == requirement }) else { return }
    rows[place].checked += 1
    guard let finding, rows[place].findings.count < Self.mostFindings, !rows[place].findings.contains(finding) else {
      return
    }
    rows[place].findings.append(finding)
  }

  /// Notes that a requirement holds, or what was seen instead.
  mutating func expect(_ requirement: Requirement, _ holds: Bool, _ instead: @autoclosure () -> String) {
    note(requirement, holds ? nil : instead())
  }

  /// A table for people.
  package var table: String {
    var lines = ["Id    Level   Result    Requirement"]
    for row in rows {
      func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
      }
      lines.append(
        column(row.requirement.rawValue, 6) + column(row.requirement.level.rawValue, 8)
          + column(row.standing.rawValue, 10) + row.requirement.title)
      lines += row.findings.map { "                        - \($0)" }
    }
    lines.append("")
    lines.append(
      "\(count(.passed)) passed, \(count(.failed)) failed, \(count(.warning)) warnings, \(count(.notSeen)) not seen")
    return lines.joined(separator: "\n")
  }

  /// The same for programs.
  package var json: JSON {
    [
      "conformant": .boolean(isConformant), "passed": .number(count(.passed)), "failed": .number(count(.failed)),
      "warnings": .number(count(.warning)), "notSeen": .number(count(.notSeen)),
      "requirements": .array(
        rows.map { row in
          [
            "id": .string(row.requirement.rawValue), "level": .string(row.requirement.level.rawValue),
            "title": .string(row.requirement.title), "inferno": row.requirement.inferno.map(JSON.string),
            "result": .string(row.standing.rawValue), "checked": .number(row.checked),
            "findings": row.findings.isEmpty ? nil : .array(row.findings.map(JSON.string)),
          ]
        }),
    ]
  }
}
