// SPDX-License-Identifier: Apache-2.0

/// A rule of the specification that a message to be sent breaks, and where.
public struct Violation: Sendable, Hashable {
  /// The rules. Raw values are permanent.
  public enum Rule: String, Sendable, CaseIterable {
    /// No `null`, `""`, `[]` or `{}` (cds-hooks 2.0, Use of JSON).
    case noEmptyValues = "no-empty-values"
    /// A member has the JSON type the specification gives it.
    case memberType = "member-type"
    /// A required member is there.
    case requiredMember = "required-member"
    /// `cards` is an array, perhaps empty.
    case cardsArray = "cards-array"
    /// `summary` has fewer than 140 characters.
    case summaryLength = "summary-length"
    /// `indicator` is info, warning or critical.
    case indicator = "indicator"
    /// uuids are UUIDs.
    case uuid = "uuid"
    /// No uuid is used twice in one response.
    case uniqueUUID = "unique-uuid"
    /// URLs are absolute.
    case absoluteURL = "absolute-url"
    /// Suggestions come with a `selectionBehavior` (cds-resp-6).
    case selectionBehaviorPresent = "selection-behavior-present"
    /// `selectionBehavior` is at-most-one or any.
    case selectionBehavior = "selection-behavior"
    /// With at-most-one, at most one suggestion is recommended (cds-resp-1).
    case oneRecommended = "one-recommended"
    /// `actionSelectionBehavior` is all, any or at-most-one (3.0).
    case actionSelectionBehavior = "action-selection-behavior"
    /// An action's type is create, update or delete.
    case actionType = "action-type"
    /// create and update carry a resource.
    case actionResource = "action-resource"
    /// delete names what is deleted.
    case actionTarget = "action-target"
    /// A link's type is absolute or smart.
    case linkType = "link-type"
    /// `appContext` only with smart links (cds-resp-3).
    case appContext = "app-context"
    /// An override reason has a display.
    case overrideReasonDisplay = "override-reason-display"
    /// `version` is a semantic version (3.0).
    case semanticVersion = "semantic-version"
    /// A prefetch template has closed, known tokens, of FHIRPath only in 3.0.
    case prefetchToken = "prefetch-token"
    /// A prefetch template is a read or search in the widely supported subset.
    case prefetchQuery = "prefetch-query"
    /// A prefetch template refers only to keys before it, hence never in a circle (3.0).
    case prefetchOrder = "prefetch-order"
    /// The pair of service id and hook is listed once.
    case uniqueService = "unique-service"
    /// `hookVersion` is that of the published hook (3.0).
    case hookVersion = "hook-version"
  }

  /// The rule.
  public let rule: Rule
  /// Where, as a path from the root of the message.
  public let path: String
}
