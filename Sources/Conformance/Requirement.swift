// SPDX-License-Identifier: Apache-2.0

/// A requirement of CDS Hooks on a service, as far as it can be seen from outside.
///
/// The ids are permanent. `inferno` gives the number in Inferno's list of requirements (`cds-hooks_2.0`), where it has one.
package enum Requirement: String, Sendable, CaseIterable {
  case encryption = "J1"
  case emptyValues = "J3"
  case mediaType = "J4"
  case discoveryAddress = "D1"
  case discoveryServices = "D2"
  case serviceMembers = "D4"
  case serviceTitle = "D5"
  case specificationVersion = "D8"
  case hookVersion = "D9"
  case uniqueService = "D11"
  case prefetchOrder = "D14"
  case prefetchQuery = "P1"
  case prefetchToken = "P2"
  case prefetchSubset = "P4"
  case missingData = "P412"
  case unknownContext = "R8"
  case hookOfService = "R9"
  case answer = "S1"
  case promptness = "S3"
  case outcome = "S5"
  case malformed = "S6a"
  case unknownService = "S6b"
  case method = "S6c"
  case contentType = "S6d"
  case nonconformant = "S6e"
  case silence = "S6f"
  case discretion = "S6g"
  case cardMembers = "C1"
  case summary = "C2"
  case indicator = "C3"
  case identifiers = "C4"
  case addresses = "C5"
  case selection = "C6"
  case actions = "C7"
  case links = "C8"
  case overrideReasons = "C9"
  case feedback = "FB1"
  case repeatedFeedback = "FB7"
  case invalidFeedback = "FB3"
  case preflight = "O1"
  case credentials = "O2"
  case tokenNeeded = "T4"
  case tokenAlgorithm = "T8"
  case tokenAudience = "T7"
  case tokenTime = "T6"
  case tokenSignature = "T11a"
  case tokenReplay = "T11b"
  case bareRefusal = "T12"

  /// How strongly the text asks for it.
  package enum Level: String, Sendable {
    case must = "MUST"
    case should = "SHOULD"
  }

  /// How strongly the text asks for it. Where the specification is silent and common practice is not (a 404 for an unknown
  /// service, say), it is a SHOULD.
  package var level: Level {
    switch self {
    case .mediaType, .serviceTitle, .specificationVersion, .prefetchSubset, .promptness, .outcome, .malformed,
      .unknownService,
      .method, .contentType, .nonconformant, .discretion, .hookOfService, .preflight, .tokenReplay, .bareRefusal,
      .invalidFeedback:
      .should
    default: .must
    }
  }

  /// What is asked for, in one line.
  package var title: String {
    switch self {
    case .encryption: "served over TLS (loopback apart)"
    case .emptyValues: "no null, empty string, array or object"
    case .mediaType: "JSON is sent as application/json"
    case .discoveryAddress: "GET {base}/cds-services answers 200"
    case .discoveryServices: "discovery is an object with an array of services"
    case .serviceMembers: "each service has hook, id and description, each a string"
    case .serviceTitle: "each service has a title"
    case .specificationVersion: "version, if present, is a semantic version (3.0)"
    case .hookVersion: "hookVersion, if present, is the published hook's (3.0)"
    case .uniqueService: "id and hook together are listed once"
    case .prefetchOrder: "a template names only keys before it, never in a circle (3.0)"
    case .prefetchQuery: "a prefetch template is a relative read or search"
    case .prefetchToken: "tokens are context fields that the hook opens to templates, FHIRPath only from 3.0 on"
    case .prefetchSubset: "templates keep to the widely supported search features"
    case .missingData: "a call without its required data is answered 412, or answered without it"
    case .unknownContext: "unknown members of context and extension are passed over"
    case .hookOfService: "a hook that the service does not list is refused"
    case .answer: "a conformant call is answered 200 with an array of cards"
    case .promptness: "answers within 500 ms"
    case .outcome: "an error carries an OperationOutcome (3.0)"
    case .malformed: "what is not JSON is answered 400"
    case .unknownService: "an unknown service is answered 404"
    case .method: "another method is answered 405 with Allow"
    case .contentType: "another content type is answered 415"
    case .nonconformant: "a call without context or hook is answered 400 or 422"
    case .silence: "an error is never 200 with no cards, nor 500"
    case .discretion: "errors have no stack trace and none of the request"
    case .cardMembers: "a card has its required members, each of its type"
    case .summary: "summary has fewer than 140 characters"
    case .indicator: "indicator is info, warning or critical"
    case .identifiers: "uuids are UUIDs, each used once"
    case .addresses: "URLs are absolute"
    case .selection: "suggestions come with a known selectionBehavior, one recommended where at most one is chosen"
    case .actions: "an action has a known type and what it needs"
    case .links: "a link is absolute or smart, appContext only where smart"
    case .overrideReasons: "an override reason has a display"
    case .feedback: "feedback of one or more entries is taken, where it is offered"
    case .repeatedFeedback: "repeated feedback, overrides without a reason and unknown cards are taken"
    case .invalidFeedback: "feedback without a card or with another outcome is refused"
    case .preflight: "OPTIONS is answered without a token"
    case .credentials: "never every origin together with credentials"
    case .tokenNeeded: "a call without a token is answered 401"
    case .tokenAlgorithm: "neither alg none nor a symmetric algorithm is taken"
    case .tokenAudience: "a token for another audience is refused"
    case .tokenTime: "an expired token is refused"
    case .tokenSignature: "a token with a broken signature is refused"
    case .tokenReplay: "a token is taken once"
    case .bareRefusal: "every 401 is the same, and says not why"
    }
  }

  /// Inferno's number, where it has one.
  package var inferno: String? {
    switch self {
    case .encryption: "1, 168"
    case .emptyValues: "3"
    case .discoveryAddress: "4, 5, 13"
    case .discoveryServices: "6"
    case .serviceMembers: "7, 9, 10, 16"
    case .serviceTitle: "8"
    case .uniqueService: "211"
    case .prefetchQuery: "29, 36"
    case .prefetchToken: "55-57, 59"
    case .prefetchSubset: "58"
    case .missingData: "54"
    case .promptness: "27"
    case .answer: "74, 75, 77"
    case .cardMembers: "90, 91, 105-116"
    case .summary: "83"
    case .indicator: "87, 88"
    case .identifiers: "80-82"
    case .selection: "93-97, 117-126"
    case .actions: "127-135"
    case .links: "138-147"
    case .overrideReasons: "98-100, 136"
    case .feedback: "154-162"
    case .repeatedFeedback: "163, 164"
    case .tokenNeeded: "178, 180"
    case .tokenAlgorithm: "201, 203"
    case .tokenAudience: "196"
    case .tokenTime: "187-194"
    default: nil
    }
  }
}
