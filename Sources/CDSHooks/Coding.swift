// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A code of a code system (cds-hooks 2.0, Coding). `display` is required where it is an override reason.
public struct Coding: Sendable, Hashable {
  /// The code.
  public var code: String
  /// The code system's URI.
  public var system: String
  /// What a person reads.
  public var display: String?

  /// A coding.
  public init(code: String, system: String, display: String? = nil) {
    self.code = code
    self.system = system
    self.display = display
  }

  /// The wire form.
  package var json: JSON {
    ["code": .string(code), "system": .string(system), "display": display.map(JSON.string)]
  }
}
