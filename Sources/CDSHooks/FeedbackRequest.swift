// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What became of cards: `POST {baseUrl}/cds-services/{id}/feedback` (cds-hooks 2.0, Feedback).
public struct FeedbackRequest: Sendable, Equatable {
  /// What became of one card.
  public struct Entry: Sendable, Equatable {
    /// What the user did.
    public enum Outcome: Sendable, Equatable {
      /// Suggestions were accepted, by uuid.
      case accepted(suggestions: [String])
      /// The card was set aside, with a reason of our list or one's own words or neither.
      case overridden(reason: Coding?, comment: String?)
    }

    /// The uuid of the card.
    public let card: String
    /// What the user did.
    public let outcome: Outcome
    /// When, as sent (RFC 3339).
    public let outcomeTimestamp: String

    /// The wire form.
    package var json: JSON {
      var json: JSON = ["card": .string(card)]
      switch outcome {
      case .accepted(let suggestions):
        json["outcome"] = "accepted"
        json["acceptedSuggestions"] = .array(suggestions.map { ["id": .string($0)] })
      case .overridden(let reason, let comment):
        json["outcome"] = "overridden"
        if reason != nil || comment != nil {
          json["overrideReason"] = ["reason": reason?.json, "userComment": comment.map(JSON.string)]
        }
      }
      json["outcomeTimestamp"] = .string(outcomeTimestamp)
      return json
    }
  }

  /// The entries, one or more, in order. They may concern several calls and repeat earlier ones.
  public let entries: [Entry]

  /// Reads feedback from the bytes of a body.
  ///
  /// - Throws: `CDSHooksError` with the HTTP status and the place.
  public init(_ bytes: [UInt8]) throws(CDSHooksError) {
    let document: Document
    do {
      document = try Document(bytes, syntax: .json)
    } catch {
      throw CDSHooksError(error)
    }
    try self.init(document)
  }

  /// Reads feedback from JSON that has been parsed.
  package init(_ document: Document) throws(CDSHooksError) {
    let root = document.root
    guard root.kind == .object else { throw CDSHooksError(.notAnObject, offset: root.offset) }
    guard let list = root["feedback"] else { throw CDSHooksError(.missingMember, path: "feedback") }
    guard list.kind == .array else { throw CDSHooksError(.mistypedMember, path: "feedback", offset: list.offset) }
    var entries: [Entry] = []
    for (index, node) in list.children.enumerated() {
      entries.append(try Self.entry(node, "feedback[\(index)]"))
    }
    guard !entries.isEmpty else { throw CDSHooksError(.invalidFeedback, path: "feedback", offset: list.offset) }
    self.entries = entries
  }

  private static func entry(_ node: Node, _ path: String) throws(CDSHooksError) -> Entry {
    guard node.kind == .object else { throw CDSHooksError(.mistypedMember, path: path, offset: node.offset) }
    let card = try text(node, "card", path)
    let outcome = try text(node, "outcome", path)
    let timestamp = try text(node, "outcomeTimestamp", path)
    guard WireFormat.isTimestamp(timestamp) else {
      throw CDSHooksError(.invalidFeedback, path: "\(path).outcomeTimestamp", offset: node.offset)
    }
    // A member that does not go with the outcome is of its kind all the same, or the client mixed something up.
    for (name, kind) in [("acceptedSuggestions", Node.Kind.array), ("overrideReason", .object)] {
      guard let member = node.member(name), member.kind != kind, member.kind != .null else { continue }
      throw CDSHooksError(.mistypedMember, path: "\(path).\(name)", offset: member.offset)
    }
    switch outcome {
    case "accepted":
      var suggestions: [String] = []
      for (index, suggestion) in node.elements("acceptedSuggestions").enumerated() {
        suggestions.append(try text(suggestion, "id", "\(path).acceptedSuggestions[\(index)]"))
      }
      guard !suggestions.isEmpty else {
        throw CDSHooksError(.missingMember, path: "\(path).acceptedSuggestions", offset: node.offset)
      }
      return Entry(card: card, outcome: .accepted(suggestions: suggestions), outcomeTimestamp: timestamp)
    case "overridden":
      let (reason, comment) = try override(node, path)
      return Entry(
        card: card, outcome: .overridden(reason: reason, comment: comment), outcomeTimestamp: timestamp)
    default:
      throw CDSHooksError(.invalidFeedback, path: "\(path).outcome", offset: node.offset)
    }
  }

  private static func override(_ node: Node, _ path: String) throws(CDSHooksError) -> (Coding?, String?) {
    guard let member = node["overrideReason"], member.kind != .null else { return (nil, nil) }
    let path = "\(path).overrideReason"
    var reason: Coding?
    if let coding = member["reason"], coding.kind != .null {
      // Clients send code and system, often without the display.
      if let display = coding["display"], display.kind != .string, display.kind != .null {
        throw CDSHooksError(.mistypedMember, path: "\(path).reason.display", offset: display.offset)
      }
      reason = Coding(
        code: try text(coding, "code", "\(path).reason"), system: try text(coding, "system", "\(path).reason"),
        display: coding["display"]?.string)
    }
    if let comment = member["userComment"], comment.kind != .string, comment.kind != .null {
      throw CDSHooksError(.mistypedMember, path: "\(path).userComment", offset: comment.offset)
    }
    let comment = member["userComment"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    // cds-fb-3: a reason, a comment or both.
    guard reason != nil || comment != nil else {
      throw CDSHooksError(.invalidFeedback, path: path, offset: member.offset)
    }
    return (reason, comment)
  }

  private static func text(_ node: Node, _ name: String, _ path: String) throws(CDSHooksError) -> String {
    guard let value = node.member(name), value.kind != .null else {
      throw CDSHooksError(.missingMember, path: "\(path).\(name)", offset: node.offset)
    }
    guard let text = value.string else {
      throw CDSHooksError(.mistypedMember, path: "\(path).\(name)", offset: value.offset)
    }
    guard !text.isEmpty else { throw CDSHooksError(.missingMember, path: "\(path).\(name)", offset: value.offset) }
    return text
  }
}
