// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The answer to a hook (cds-hooks 2.0, CDS Service Response).
public struct HookResponse: Sendable, Equatable {
  /// What the clinician sees; may be empty when there is nothing to say, never because something failed.
  public var cards: [Card]
  /// What the client does by itself, in workflows agreed beforehand.
  package var systemActions: [Action]

  /// An answer of cards.
  public init(cards: [Card]) {
    self.cards = cards
    self.systemActions = []
  }

  /// The wire form.
  package var json: JSON {
    [
      "cards": .array(cards.map(\.json)),
      "systemActions": systemActions.isEmpty ? nil : .array(systemActions.map(\.json)),
    ]
  }

  /// The body to send. A response that breaks a rule of the specification cannot be sent.
  ///
  /// - Throws: `CDSHooksError.responseBreaksRules` (500) with the first broken rule as its detail.
  public func encoded() throws(CDSHooksError) -> [UInt8] {
    let json = json
    if let violation = Violation.inResponse(json).first {
      throw CDSHooksError(.responseBreaksRules, path: violation.path, detail: violation.rule.rawValue)
    }
    return json.encoded()
  }
}
