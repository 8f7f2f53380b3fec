// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension Violation {
  /// Every rule that an answer to a hook breaks, in document order.
  package static func inResponse(_ json: JSON) -> [Violation] {
    var inspector = Inspector()
    inspector.response(json)
    return inspector.violations
  }

  /// Every rule that one card breaks.
  package static func inCard(_ json: JSON) -> [Violation] {
    var inspector = Inspector()
    _ = inspector.card(json, "card")
    return inspector.violations
  }
}

extension Card {
  /// Every rule of the specification that this card breaks; empty for a card that may be sent.
  public var violations: [Violation] { Violation.inCard(json) }
}

extension Inspector {
  mutating func response(_ json: JSON) {
    guard let members = json.objectMembers else { return report(.memberType, "$this") }
    extensions(members, "$this")
    guard let cards = required(members, "cards", "$this") else { return }
    guard case .array(let cards) = cards else { return report(.cardsArray, "cards") }
    var uuids: Set<String> = []
    for (index, element) in cards.enumerated() {
      for (uuid, path) in card(element, "cards[\(index)]") where !uuids.insert(uuid).inserted {
        report(.uniqueUUID, path)
      }
    }
    for (index, element) in array(members, "systemActions", "$this").enumerated() {
      action(element, "systemActions[\(index)]", needsDescription: false)
    }
  }

  /// Checks a card and returns its uuid and those of its suggestions.
  mutating func card(_ json: JSON, _ path: String) -> [(String, String)] {
    guard let members = object(json, path) else { return [] }
    var uuids: [(String, String)] = []
    if let uuid = uuid(members, path) { uuids.append((uuid, "\(path).uuid")) }
    if let summary = text(members, "summary", path, isRequired: true) {
      if summary.unicodeScalars.count > VisibleText.longestSummary { report(.summaryLength, "\(path).summary") }
    }
    text(members, "detail", path)
    choice(
      members, "indicator", path, of: Card.Indicator.allCases.map(\.rawValue), .indicator, isRequired: true)
    if let source = required(members, "source", path) { self.source(source, "\(path).source") }
    uuids += suggestions(members, path)
    for (index, reason) in array(members, "overrideReasons", path).enumerated() {
      coding(reason, "\(path).overrideReasons[\(index)]", needsDisplay: true)
    }
    for (index, element) in array(members, "links", path).enumerated() { link(element, "\(path).links[\(index)]") }
    extensions(members, path)
    return uuids
  }

  private mutating func source(_ json: JSON, _ path: String) {
    guard let members = object(json, path) else { return }
    text(members, "label", path, isRequired: true)
    url(members, "url", path)
    url(members, "icon", path)
    if let topic = members.first(where: { $0.name == "topic" })?.value { coding(topic, "\(path).topic") }
    extensions(members, path)
  }

  private mutating func suggestions(_ members: [JSON.Member], _ path: String) -> [(String, String)] {
    let behaviors = Card.SelectionBehavior.allCases.map(\.rawValue)
    let behavior = choice(members, "selectionBehavior", path, of: behaviors, .selectionBehavior)
    guard members.contains(where: { $0.name == "suggestions" }) else { return [] }
    if behavior == nil { report(.selectionBehaviorPresent, "\(path).selectionBehavior") }
    var uuids: [(String, String)] = []
    var recommended = 0
    for (index, element) in array(members, "suggestions", path).enumerated() {
      let place = "\(path).suggestions[\(index)]"
      guard let suggestion = object(element, place) else { continue }
      text(suggestion, "label", place, isRequired: true)
      if let uuid = uuid(suggestion, place) { uuids.append((uuid, "\(place).uuid")) }
      if boolean(suggestion, "isRecommended", place) == true { recommended += 1 }
      choice(
        suggestion, "actionSelectionBehavior", place, of: ["all", "any", "at-most-one"], .actionSelectionBehavior)
      for (index, element) in array(suggestion, "actions", place).enumerated() {
        action(element, "\(place).actions[\(index)]", needsDescription: true)
      }
      extensions(suggestion, place)
    }
    if behavior == Card.SelectionBehavior.atMostOne.rawValue, recommended > 1 {
      report(.oneRecommended, "\(path).suggestions")
    }
    return uuids
  }

  private mutating func action(_ json: JSON, _ path: String, needsDescription: Bool) {
    guard let members = object(json, path) else { return }
    let type = choice(
      members, "type", path, of: ["create", "update", "delete"], .actionType, isRequired: true)
    text(members, "description", path, isRequired: needsDescription)
    text(members, "resourceId", path)
    let resource = members.first { $0.name == "resource" }?.value
    switch type {
    case "create", "update":
      let resourceType = resource?.objectMembers?.first { $0.name == "resourceType" }?.value
      guard case .string(let name) = resourceType, !name.isEmpty else {
        return report(.actionResource, "\(path).resource")
      }
    case "delete":
      // A resource that holds an id is deprecated, not forbidden (cds-hooks 2.0, Action; cds-resp-2 is a warning).
      if resource == nil, !members.contains(where: { $0.name == "resourceId" }) { report(.actionTarget, path) }
    default: break
    }
    extensions(members, path)
  }

  private mutating func link(_ json: JSON, _ path: String) {
    guard let members = object(json, path) else { return }
    text(members, "label", path, isRequired: true)
    url(members, "url", path, isRequired: true)
    let type = choice(members, "type", path, of: ["absolute", "smart"], .linkType, isRequired: true)
    let hasContext = text(members, "appContext", path) != nil
    if hasContext, type == "absolute" { report(.appContext, "\(path).appContext") }
    _ = boolean(members, "autolaunchable", path)
    extensions(members, path)
  }
}
