// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The primary source of a card's guidance (cds-hooks 2.0, Source).
public struct Source: Sendable, Equatable {
  /// A short name.
  public var label: String
  /// Absolute URL of the organisation or data set; not a drill-down.
  public var url: String?
  /// Absolute URL of an icon, 100 by 100 PNG.
  public var icon: String?
  /// What the card is about.
  public var topic: Coding?
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// A source.
  public init(
    label: String, url: String? = nil, icon: String? = nil, topic: Coding? = nil, extensions: JSONObject? = nil
  ) {
    self.label = label
    self.url = url
    self.icon = icon
    self.topic = topic
    self.extensions = extensions
  }

  /// The wire form.
  package var json: JSON {
    [
      "label": .string(label), "url": url.map(JSON.string), "icon": icon.map(JSON.string), "topic": topic?.json,
      "extension": extensions?.json,
    ]
  }
}
