// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct CDSHooksErrorTests {
  @Test func codesAreUniqueAndEveryStatusIsAnError() {
    #expect(Set(CDSHooksError.Code.allCases.map(\.rawValue)).count == CDSHooksError.Code.allCases.count)
    for code in CDSHooksError.Code.allCases {
      let error = CDSHooksError(code)
      #expect((400...504).contains(error.status))
      #expect(error.title.hasSuffix("."))
    }
  }

  @Test func theBodyIsAnOperationOutcome() {
    let error = CDSHooksError(.missingData, path: "prefetch.patient", offset: 7, detail: "patient")
    #expect(
      error.operationOutcome.text() == """
        {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","details":{"coding":\
        [{"system":"urn:vigil:cds-hooks-error","code":"CDS011"}],"text":"Required data was neither sent nor obtainable."},\
        "diagnostics":"patient, byte 7","expression":["prefetch.patient"]}]}
        """)
  }

  @Test func unauthorizedGivesNoReason() {
    let error = CDSHooksError(.unauthorized, path: "aud", offset: 3, detail: "expired")
    #expect(error.operationOutcome == CDSHooksError(.unauthorized).operationOutcome)
  }

  @Test func strictReadingNamesEveryDeviation() {
    let text = requestText(instance: #""x""#, context: #"{"patientId":"Patient/1"}"#)
    let error = #expect(throws: CDSHooksError.self) { try HookRequest(text, reading: .strict) }
    #expect(error?.deviations.map(\.kind) == [.nonUUIDHookInstance, .typedIdentifier, .missingUser])
    guard case .array(let issues)? = error?.operationOutcome["issue"] else { return #expect(Bool(false)) }
    #expect(issues.count == 3)
  }
}
