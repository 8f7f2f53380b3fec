// SPDX-License-Identifier: Apache-2.0
import Crypto

/// What one answer was made of and what was said: enough to make it again, bit for bit. Of a feedback what the client said, of an
/// amendment its text.
package struct AuditPayload: Sendable, Equatable {
  /// The request as received, without `fhirAuthorization`: a token is never stored.
  package var request: [UInt8]
  /// Media type the request was read as.
  package var requestMediaType: String
  /// Feature vectors with the source of every value, as JSON.
  package var features: [UInt8]
  /// What the models gave, as JSON.
  package var outputs: [UInt8]
  /// The body of the answer as sent.
  package var response: [UInt8]
  /// Media type of the answer.
  package var responseMediaType: String
  /// What was fetched from the client's FHIR server to complete the request, as JSON; nil when nothing was.
  package var fetched: [UInt8]?
  /// What the answer depended on besides request and configuration, as JSON; nil in the usual state.
  package var state: [UInt8]?
  /// The calibration and the thresholds by which the outputs were made, as JSON; nil in records of before these were kept.
  package var thresholds: [UInt8]?
  /// Of an amendment, what a person says is right; it may name the patient.
  package var amendment: String?

  /// A payload of its parts.
  package init(
    request: [UInt8], requestMediaType: String, features: [UInt8], outputs: [UInt8], response: [UInt8],
    responseMediaType: String, fetched: [UInt8]? = nil, state: [UInt8]? = nil, thresholds: [UInt8]? = nil
  ) {
    self.request = request
    self.requestMediaType = requestMediaType
    self.features = features
    self.outputs = outputs
    self.response = response
    self.responseMediaType = responseMediaType
    self.fetched = fetched
    self.state = state
    self.thresholds = thresholds
  }

  /// The text of an amendment, which has no request and no answer.
  package init(amendment: String) {
    self.init(request: [], requestMediaType: "", features: [], outputs: [], response: [], responseMediaType: "")
    self.amendment = amendment
  }

  /// SHA-256 over `request`.
  package var requestDigest: [UInt8] { Array(SHA256.hash(data: request)) }

  private static let version: UInt8 = 1
  /// Bytes of the salt.
  static let saltLength = 32

  /// The canonical bytes. They begin with the salt, so that the commitment in the leaf betrays nothing once the payload is gone:
  /// without the salt nobody can test a guess of the content against it.
  func bytes(salt: [UInt8]) -> [UInt8] {
    let parts = [request, features, outputs, response, fetched ?? [], state ?? [], thresholds ?? []]
    var fields = TaggedFields(version: Self.version, capacity: parts.reduce(256) { $0 + $1.count })
    fields.append(1, salt)
    fields.append(2, request)
    fields.append(3, requestMediaType)
    fields.append(4, requestDigest)
    fields.append(5, features)
    fields.append(6, outputs)
    fields.append(7, response)
    fields.append(8, responseMediaType)
    fields.append(9, fetched)
    fields.append(10, state)
    fields.append(11, thresholds)
    fields.append(12, amendment)
    return fields.bytes
  }

  /// Reads the canonical bytes back; nil when they are none or the request does not match its digest.
  init?(bytes: [UInt8]) {
    guard let fields = TaggedFields.read(bytes, version: Self.version), let request = fields[2],
      let requestMediaType = TaggedFields.text(fields[3]), let digest = fields[4], let features = fields[5],
      let outputs = fields[6], let response = fields[7], let responseMediaType = TaggedFields.text(fields[8])
    else { return nil }
    self.init(
      request: Array(request), requestMediaType: requestMediaType, features: Array(features), outputs: Array(outputs),
      response: Array(response), responseMediaType: responseMediaType, fetched: fields[9].map(Array.init),
      state: fields[10].map(Array.init), thresholds: fields[11].map(Array.init))
    amendment = TaggedFields.text(fields[12])
    guard requestDigest == Array(digest) else { return nil }
  }

  /// SHA-256 of the canonical bytes: what the leaf holds of the payload.
  static func commitment(to bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
