// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A link of a card (cds-hooks 2.0, Link).
public struct Link: Sendable, Equatable {
  /// Where a link leads.
  public enum Target: Sendable, Equatable {
    /// A page, opened as it is.
    case absolute
    /// A SMART app, launched by the client, with a context of ours.
    case smart(appContext: String?)
  }

  /// What a person reads.
  public var label: String
  /// An absolute URL.
  public var url: String
  /// Where it leads.
  public var target: Target
  /// Whether the client may launch the app on its own.
  public var autolaunchable: Bool?
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// A link.
  public init(
    label: String, url: String, target: Target = .absolute, autolaunchable: Bool? = nil,
    extensions: JSONObject? = nil
  ) {
    self.label = label
    self.url = url
    self.target = target
    self.autolaunchable = autolaunchable
    self.extensions = extensions
  }

  /// The wire form.
  package var json: JSON {
    var type = "absolute"
    var appContext: String?
    if case .smart(let context) = target { (type, appContext) = ("smart", context) }
    return [
      "label": .string(label), "url": .string(url), "type": .string(type),
      "appContext": appContext.map(JSON.string), "autolaunchable": autolaunchable.map(JSON.boolean),
      "extension": extensions?.json,
    ]
  }
}
