// SPDX-License-Identifier: Apache-2.0

/// Why something could not be fetched. It says nothing of the server's answer but its status.
package enum FetchFailure: Error, Sendable, Hashable {
  /// The client gave no server or no token.
  case noAccess
  /// The server is not one that may be called.
  case notPermitted
  /// The server's name leads to an address that may not be called.
  case forbiddenAddress
  /// The server's name leads nowhere, or it does not answer there.
  case unreachable
  /// The token's scopes do not cover it.
  case outOfScope
  /// The server answered with another status than 200; a redirect is never followed.
  case status(Int)
  /// The server did not answer in time.
  case timeout
  /// What came is not one FHIR resource in JSON.
  case notFHIR
  /// What came is an OperationOutcome.
  case outcome
  /// More came than is read.
  case tooLarge
  /// There is no room for it beside the bodies of the other requests; a moment later there is.
  case noRoom
  /// More pages follow than are read.
  case tooManyPages
  /// The next page is said to be at another server.
  case elsewhere
  /// A token of the template has no value in this call.
  case noValue

  /// Completes "it was not fetched because ...".
  package var text: String {
    switch self {
    case .noAccess: "the client gave no access to its FHIR server"
    case .notPermitted: "this service may not call the client's FHIR server"
    case .forbiddenAddress: "the FHIR server's address may not be called"
    case .unreachable: "the FHIR server cannot be reached"
    case .outOfScope: "the scopes of the access token do not cover it"
    case .status(let status): "the FHIR server answered with status \(status)"
    case .timeout: "the FHIR server did not answer in time"
    case .notFHIR: "the FHIR server's answer is not a FHIR resource in JSON"
    case .outcome: "the FHIR server answered with an OperationOutcome"
    case .tooLarge: "the FHIR server's answer is larger than this service reads"
    case .noRoom: "this service has no room for it at the moment"
    case .tooManyPages: "the FHIR server's answer has more pages than this service reads"
    case .elsewhere: "the next page is said to be at another server"
    case .noValue: "the context lacks a value that its query needs"
    }
  }
}
