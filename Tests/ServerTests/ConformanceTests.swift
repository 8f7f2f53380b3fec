// SPDX-License-Identifier: Apache-2.0
import Conformance
import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// This service, examined as any other.
@Suite struct ConformanceTests {
  @Test func thisServiceBreaksNoRequirement() async throws {
    let tested = try ServiceUnderTest()
    let sample = JSON(try Document(try Fixture.bytes("hooks/patient-view-septic.json"), syntax: .json).root)
    var examination = Examination(isEncrypted: nil, samples: [sample]) { request in
      var headers: HTTPFields = [:]
      for (name, value) in request.headers where !value.isEmpty {
        if let name = HTTPField.Name(name) { headers[name] = value }
      }
      let method = try #require(HTTPRequest.Method(rawValue: request.method))
      let response = try await tested.send(method, request.path, headers, request.body)
      var fields: [String: String] = [:]
      for field in response.headers { fields[field.name.canonicalName] = field.value }
      return Exchange.Response(
        status: Int(response.status.code), headers: fields, body: Array(response.body.readableBytesView))
    }
    try await examination.run()
    let report = examination.report
    #expect(report.isConformant && report.count(.warning) == 0, "\(report.table)")
    for requirement in [Requirement.summary, .overrideReasons, .missingData, .feedback, .prefetchToken] {
      #expect(report[requirement].standing == .passed, "\(requirement)")
    }
  }
}
