// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Hummingbird

extension Response {
  /// A body that is written already.
  init(status: HTTPResponse.Status = .ok, mediaType: String, bytes: [UInt8]) {
    self.init(
      status: status, headers: [.contentType: mediaType], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// A JSON body.
  init(status: HTTPResponse.Status, json: JSON) {
    self.init(status: status, mediaType: "application/json", bytes: json.encoded())
  }

  /// An error as the Open Inference Protocol writes it.
  init(inference error: CDSHooksError, status: Int) {
    let place = [error.path, error.detail].compactMap { $0 }.joined(separator: ", ")
    self.init(
      status: HTTPResponse.Status(code: status),
      json: ["error": .string("\(error.code.rawValue) \(error.title)" + (place.isEmpty ? "" : " \(place)"))])
    if [429, 503].contains(error.status) { headers[.retryAfter] = "5" }
  }

  /// An error as a FHIR OperationOutcome (cds-hooks 3.0, HTTP status codes).
  init(_ error: CDSHooksError) {
    self.init(
      status: HTTPResponse.Status(code: error.status), mediaType: "application/fhir+json",
      bytes: error.operationOutcome.encoded())
    if [429, 503].contains(error.status) { headers[.retryAfter] = "5" }
  }
}
