// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The answer to a hook (cds-hooks 2.0, CDS Service Response).
public struct HookResponse: Sendable, Equatable {
  /// What the clinician sees; may be empty when there is nothing to say, never because something failed.
  public var cards: [Card]
  /// What the client does by itself, in workflows agreed beforehand.
  public var systemActions: [Action]
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// An answer.
  public init(cards: [Card], systemActions: [Action] = [], extensions: JSONObject? = nil) {
    self.cards = cards
    self.systemActions = systemActions
    self.extensions = extensions
  }

  /// The wire form.
  package var json: JSON {
    [
      "cards": .array(cards.map(\.json)),
      "systemActions": systemActions.isEmpty ? nil : .array(systemActions.map(\.json)),
      "extension": extensions?.json,
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
