// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Why a call cannot be answered with cards: a permanent code, a place, and the HTTP status that goes with it.
///
/// The specification leaves the statuses open but for 412; the map is that of the Da Vinci CRD guide and of common
/// practice. No text of the request and no patient data is ever part of an error.
public struct CDSHooksError: Error, Sendable, Equatable {
  /// Permanent codes. A code never changes its meaning and is never used again.
  public enum Code: String, Sendable, CaseIterable {
    case malformedJSON = "CDS001"
    case tooLarge = "CDS002"
    case notAnObject = "CDS003"
    case missingMember = "CDS004"
    case mistypedMember = "CDS005"
    case unsupportedHook = "CDS006"
    case invalidIdentifier = "CDS007"
    case missingContextResource = "CDS008"
    case strictViolation = "CDS009"
    case wrongPatient = "CDS010"
    case missingData = "CDS011"
    case invalidFeedback = "CDS012"
    case malformedXML = "CDS013"
    case notABundle = "CDS014"
    case unauthorized = "CDS020"
    case unknownService = "CDS021"
    case methodNotAllowed = "CDS022"
    case unsupportedMediaType = "CDS023"
    case tooManyRequests = "CDS024"
    case headersTooLarge = "CDS025"
    case requestTimeout = "CDS026"
    case forbidden = "CDS027"
    case notAcceptable = "CDS028"
    case responseBreaksRules = "CDS030"
    case internalError = "CDS031"
    case upstreamFailed = "CDS032"
    case overloaded = "CDS033"
    case trailUnavailable = "CDS034"
    case upstreamTimeout = "CDS035"
    case stopped = "CDS036"
    case unknownExplanation = "CDS037"
    case expiredExplanation = "CDS038"
    case invalidSearch = "CDS039"
  }

  /// What went wrong.
  public let code: Code
  /// Where in the request, as a path of known member names.
  public let path: String?
  /// Byte offset in the request, where known.
  public let offset: Int?
  /// A code of the layer below (such as the FHIR reader's), or the prefetch key of ours that is missing.
  public let detail: String?
  /// With `strictViolation`, everything that was refused.
  public let deviations: [Deviation]

  /// An error with a place.
  public init(
    _ code: Code, path: String? = nil, offset: Int? = nil, detail: String? = nil, deviations: [Deviation] = []
  ) {
    self.code = code
    self.path = path
    self.offset = offset
    self.detail = detail
    self.deviations = deviations
  }

  /// The HTTP status of the answer.
  public var status: Int {
    switch code {
    case .malformedJSON, .malformedXML, .invalidSearch: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .unknownService, .unknownExplanation: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .requestTimeout: 408
    case .expiredExplanation: 410
    case .missingData: 412
    case .tooLarge: 413
    case .unsupportedMediaType: 415
    case .notAnObject, .missingMember, .mistypedMember, .unsupportedHook, .invalidIdentifier,
      .missingContextResource, .strictViolation, .wrongPatient, .invalidFeedback, .notABundle:
      422
    case .tooManyRequests: 429
    case .headersTooLarge: 431
    case .responseBreaksRules, .internalError: 500
    case .upstreamFailed: 502
    case .overloaded, .trailUnavailable, .stopped: 503
    case .upstreamTimeout: 504
    }
  }

  /// One English sentence for the integrator's log.
  public var title: String {
    switch code {
    case .malformedJSON: "The request is not valid JSON."
    case .malformedXML: "The request is not valid XML."
    case .notABundle: "The request is not a FHIR Bundle."
    case .tooLarge: "The request is larger than this service accepts."
    case .notAnObject: "The request is JSON, but not an object."
    case .missingMember: "A required member is missing."
    case .mistypedMember: "A member has the wrong JSON type."
    case .unsupportedHook: "This service does not answer this hook."
    case .invalidIdentifier: "An identifier is not usable."
    case .missingContextResource: "The context lacks the resources this hook is about."
    case .strictViolation: "The request breaks rules that this client is held to."
    case .wrongPatient: "The data is not, or cannot be shown to be, that of the patient in the context."
    case .missingData: "Required data was neither sent nor obtainable."
    case .invalidFeedback: "The feedback is not as the specification defines it."
    case .unauthorized: "Not authorized."
    case .forbidden: "Not permitted for this client."
    case .unknownService: "There is no such service."
    case .invalidSearch: "A search parameter is not known or not usable."
    case .methodNotAllowed: "This method is not allowed here."
    case .notAcceptable: "None of the accepted media types can be answered."
    case .unsupportedMediaType: "This content type is not supported here."
    case .tooManyRequests: "Too many requests from this client."
    case .headersTooLarge: "The header fields are too large."
    case .requestTimeout: "The request did not arrive in time."
    case .responseBreaksRules: "The answer was withheld because it would break a rule of the specification."
    case .internalError: "The service failed."
    case .upstreamFailed: "The FHIR server did not give a usable answer."
    case .overloaded: "The service is at its limit; try again later."
    case .trailUnavailable: "The audit trail cannot be written, so no answer can be given."
    case .upstreamTimeout: "The FHIR server did not answer in time."
    case .stopped: "This service is stopped."
    case .unknownExplanation: "This link leads to no explanation."
    case .expiredExplanation: "This link has expired, or what it led to was erased."
    }
  }

  /// FHIR's issue type (R4 valueset-issue-type.html).
  public var issueType: String {
    switch code {
    case .malformedJSON, .malformedXML, .notAnObject, .notABundle: "structure"
    case .tooLarge, .headersTooLarge: "too-long"
    case .missingMember, .missingContextResource: "required"
    case .mistypedMember, .invalidIdentifier, .invalidFeedback, .invalidSearch: "value"
    case .unsupportedHook, .methodNotAllowed, .notAcceptable, .unsupportedMediaType: "not-supported"
    case .strictViolation: "invalid"
    case .wrongPatient: "business-rule"
    case .missingData: "processing"
    case .unauthorized: "login"
    case .forbidden: "forbidden"
    case .unknownService, .unknownExplanation: "not-found"
    case .expiredExplanation: "expired"
    case .tooManyRequests, .overloaded: "throttled"
    case .requestTimeout, .upstreamTimeout: "timeout"
    case .responseBreaksRules, .internalError, .upstreamFailed: "exception"
    case .trailUnavailable, .stopped: "transient"
    }
  }

  /// The body of the answer: a FHIR OperationOutcome (cds-hooks 3.0, HTTP status codes). A 401 gives no reason.
  package var operationOutcome: JSON {
    if code == .unauthorized, self != CDSHooksError(.unauthorized) {
      return CDSHooksError(.unauthorized).operationOutcome
    }
    let issues =
      deviations.isEmpty ? [issue(path, detail)] : deviations.map { issue($0.path, $0.kind.rawValue) }
    return ["resourceType": "OperationOutcome", "issue": .array(issues)]
  }

  private func issue(_ path: String?, _ detail: String?) -> JSON {
    let notes = [detail, offset.map { "byte \($0)" }].compactMap { $0 }
    return [
      "severity": "error", "code": .string(issueType),
      "details": [
        "coding": [["system": "urn:vigil:cds-hooks-error", "code": .string(code.rawValue)]], "text": .string(title),
      ],
      "diagnostics": notes.isEmpty ? nil : .string(notes.joined(separator: ", ")),
      // FHIRPath has no sign for the root of a document.
      "expression": path.map { [.string($0.hasPrefix("$.") ? String($0.dropFirst(2)) : $0)] },
    ]
  }
}

extension CDSHooksError {
  /// The error of a body that breaks its syntax, or more of it than is read.
  package init(_ error: FHIRError, syntax: Syntax = .json) {
    let malformed: Code = syntax == .json ? .malformedJSON : .malformedXML
    self.init(
      error.code == .tooLarge ? .tooLarge : malformed, path: error.path, offset: error.offset,
      detail: error.code.rawValue)
  }
}
