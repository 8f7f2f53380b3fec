// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What the clinician sees (cds-hooks 2.0, Card).
public struct Card: Sendable, Equatable {
  /// How urgent it is.
  public enum Indicator: String, Sendable, CaseIterable {
    case info, warning, critical
  }

  /// How many of the suggestions may be accepted.
  public enum SelectionBehavior: String, Sendable, CaseIterable {
    case atMostOne = "at-most-one"
    case any
  }

  /// Identifies the card in feedback.
  public var uuid: String
  /// One sentence of plain text, under 140 characters.
  public var summary: String
  /// GitHub-flavoured Markdown.
  public var detail: Markdown?
  /// How urgent it is.
  public var indicator: Indicator
  /// Where the guidance comes from.
  public var source: Source
  /// What can be accepted.
  public var suggestions: [Suggestion]
  /// How many of them; sent only with suggestions.
  public var selectionBehavior: SelectionBehavior
  /// Why a user may set the card aside; each with a display.
  public var overrideReasons: [Coding]
  /// Where to read on.
  public var links: [Link]
  /// What was agreed with the client.
  public var extensions: JSONObject?

  /// A card.
  public init(
    uuid: String, summary: String, detail: Markdown? = nil, indicator: Indicator, source: Source,
    suggestions: [Suggestion] = [], selectionBehavior: SelectionBehavior = .any, overrideReasons: [Coding] = [],
    links: [Link] = [], extensions: JSONObject? = nil
  ) {
    self.uuid = uuid
    self.summary = summary
    self.detail = detail
    self.indicator = indicator
    self.source = source
    self.suggestions = suggestions
    self.selectionBehavior = selectionBehavior
    self.overrideReasons = overrideReasons
    self.links = links
    self.extensions = extensions
  }

  /// The wire form. Members without a value are left out (cds-hooks 2.0, no null and no empty values).
  package var json: JSON {
    [
      "uuid": .string(uuid), "summary": .string(summary), "detail": detail.map { .string($0.text) },
      "indicator": .string(indicator.rawValue), "source": source.json,
      "suggestions": suggestions.isEmpty ? nil : .array(suggestions.map(\.json)),
      "selectionBehavior": suggestions.isEmpty ? nil : .string(selectionBehavior.rawValue),
      "overrideReasons": overrideReasons.isEmpty ? nil : .array(overrideReasons.map(\.json)),
      "links": links.isEmpty ? nil : .array(links.map(\.json)), "extension": extensions?.json,
    ]
  }
}
