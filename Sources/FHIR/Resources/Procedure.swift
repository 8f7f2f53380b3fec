// SPDX-License-Identifier: Apache-2.0

/// Something done to the patient (R4 and R5 procedure.html).
package struct Procedure: Resource {
  package static let type: StaticString = "Procedure"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// What was done.
  package var code: CodeableConcept? { node.concept("code") }
  /// in-progress, completed, not-done, ...
  package var status: String? { node["status"]?.string }
  /// Whether it must be left out: it was not done (STU3 `notDone`), was entered in error, or is modified.
  package var isExcluded: Bool {
    ["entered-in-error", "not-done", "preparation"].contains(status ?? "") || node["notDone"]?.boolean == true
      || node.isModified
  }
  /// When it was done (R4 `performed[x]`, R5 `occurrence[x]`): a time is a span without end.
  package var performed: (start: DateTime?, end: DateTime?)? {
    node.timeOrPeriod("performedDateTime", "performedPeriod")
      ?? node.timeOrPeriod("occurrenceDateTime", "occurrencePeriod")
  }
  /// On whom it was done.
  package var subject: Reference? { node.reference("subject") }
  /// During which encounter.
  package var encounter: Reference? { node.reference("encounter") ?? node.reference("context") }
}

extension Node {
  /// A choice of dateTime and Period; nil where neither is given.
  func timeOrPeriod(_ time: StaticString, _ period: StaticString) -> (start: DateTime?, end: DateTime?)? {
    if let node = self[time] { return (node.dateTime, nil) }
    return self[period].map { (Period($0).start, Period($0).end) }
  }
}
