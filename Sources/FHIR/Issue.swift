// SPDX-License-Identifier: Apache-2.0

/// A recoverable problem: the rest of the input is used and this is reported beside the answer.
package struct Issue: Sendable, Equatable {
  /// How grave it is, in OperationOutcome's terms (a fatal problem is a thrown error instead).
  package enum Severity: String, Sendable {
    case error, warning, information
  }

  /// How grave it is.
  package var severity: Severity
  /// A permanent short name, such as `other-patient`.
  package var code: String
  /// The element, such as `Bundle.entry[3].resource`.
  package var path: String?
  /// The byte of the input at which the element starts.
  package var offset: Int?
  /// One line for people, without patient data.
  package var text: String

  package init(_ severity: Severity, _ code: String, _ text: String, path: String? = nil, offset: Int? = nil) {
    self.severity = severity
    self.code = code
    self.path = path
    self.offset = offset
    self.text = text
  }

  package init(_ severity: Severity, _ code: String, _ text: String, at node: Node) {
    self.init(severity, code, text, path: node.path, offset: node.offset)
  }
}
